internal import CSystemd
internal import Glibc

/// What went wrong between this program and systemd, journald or a bus, as one sentence and a code to decide by.
package struct SystemdError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Equatable, Sendable {
        /// No connection could be had.
        case unreachable
        case accessDenied
        case timedOut
        /// The manager answered with this D-Bus error name, e.g. `org.freedesktop.systemd1.NoSuchUnit`.
        case refused(String)
        /// An answer did not have the shape that the interface documents.
        case malformed
        case failed
    }

    package let code: Code
    /// The errno that came back, positive; 0 where none did.
    package let errno: Int32
    package let description: String

    package init(code: Code, errno: Int32, description: String) {
        self.code = code
        self.errno = errno
        self.description = description
    }

    /// From libsystemd's convention: a negative return is `-errno`.
    static func failed(_ result: Int32, _ attempt: String) -> SystemdError {
        let number = -result
        let code: Code
        switch number {
        case EACCES, EPERM: code = .accessDenied
        case ETIMEDOUT, ETIME: code = .timedOut
        case ENOENT, ECONNREFUSED, ECONNRESET, ENOTCONN, EPIPE: code = .unreachable
        case EBADMSG, ENXIO: code = .malformed
        default: code = .failed
        }
        return SystemdError(code: code, errno: number, description: "\(attempt): \(describe(number)).")
    }

    /// From an answer that is a D-Bus error.
    /// A call that a lost connection cut off is answered with the same name as one whose time was up: `open` tells.
    static func answered(
        _ error: UnsafePointer<sd_bus_error>?, _ attempt: String, open: Bool = true
    ) -> SystemdError {
        guard let error, let name = error.pointee.name else {
            return SystemdError(
                code: .malformed, errno: 0, description: "\(attempt): an error without a name came back.")
        }
        let busName = String(cString: name)
        let text = error.pointee.message.map { String(cString: $0) } ?? busName
        let code: Code
        switch busName {
        case "org.freedesktop.DBus.Error.NoReply", "org.freedesktop.DBus.Error.Timeout":
            code = open ? .timedOut : .unreachable
        case "org.freedesktop.DBus.Error.AccessDenied", "org.freedesktop.DBus.Error.InteractiveAuthorizationRequired":
            code = .accessDenied
        case "org.freedesktop.DBus.Error.Disconnected", "System.Error.ECONNRESET", "System.Error.ENOTCONN",
            "System.Error.EPIPE", "System.Error.ESHUTDOWN":
            code = .unreachable
        default: code = .refused(busName)
        }
        return SystemdError(
            code: code, errno: sd_bus_error_get_errno(error), description: "\(attempt): \(text) (\(busName)).")
    }

    static func describe(_ number: Int32) -> String {
        String(cString: strerror(number))
    }
}

/// Turns libsystemd's convention into Swift: negative is an error, anything else is the answer.
@discardableResult
func check(_ result: Int32, _ attempt: @autoclosure () -> String) throws(SystemdError) -> Int32 {
    guard result >= 0 else { throw .failed(result, attempt()) }
    return result
}
