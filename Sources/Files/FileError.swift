internal import Glibc

/// Why a file was not read or written, as one sentence and a code to decide by.
package struct FileError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Equatable, Sendable {
        case missing
        /// The user database does not have as whom to look, or could not be asked: whether the file is there is not known.
        case unknownUser
        /// A symbolic link lies on the way, or the way leads out of where it began.
        case link
        case notRegular
        case tooLarge
        case noPermission
        /// The file no longer holds what the caller saw.
        case changedMeanwhile
        case notOwner
        case noSpace
        case failed
    }

    package let code: Code
    package let description: String

    package init(code: Code, description: String) {
        self.code = code
        self.description = description
    }

    static func errno(_ attempt: String, _ number: Int32 = Glibc.errno) -> FileError {
        let code: Code
        var advice = ""
        switch number {
        case ENOENT, ENOTDIR: code = .missing
        case ELOOP, EXDEV:
            code = .link
            advice =
                " A symbolic link lies on this path, and links are not followed: name the real path in the settings."
        case EROFS:
            code = .noPermission
            advice =
                " Its file system is read-only: mount it for writing, or look with dmesg(1) for why the kernel did that."
        case EACCES, EPERM: code = .noPermission
        case ENOSPC, EDQUOT: code = .noSpace
        default: code = .failed
        }
        return FileError(code: code, description: "\(attempt): \(String(cString: strerror(number))).\(advice)")
    }
}
