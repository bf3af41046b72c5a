internal import CLinux
internal import Glibc

/// Putting a file in the place of another.
extension ConfinedDirectory {
    /// Puts `bytes` in the place of `name`, whole or not at all: other programs see the old file or the new one.
    ///
    /// `expecting` is the digest that the caller has seen and kept, or `nil` where the file was missing. A file that
    /// holds anything else by now is left, or put back, as it is. Owner, group and mode are those given; where that
    /// is not the identity's own file, and the identity is not root, it is refused.
    ///
    /// An error means that nothing was replaced. What goes wrong once the new file is in its place is returned, each as
    /// a sentence.
    @discardableResult
    package func replace(
        _ name: String, with bytes: [UInt8], mode: UInt32, uid: UInt32, gid: UInt32, expecting: String?
    ) throws(FileError) -> [String] {
        try identity.perform { () throws(FileError) -> [String] in
            let shown = "\(path)/\(name)"
            guard uid == identity.uid || identity.uid == 0 else {
                throw FileError(
                    code: .notOwner,
                    description:
                        "Replacing \(shown): it is to belong to uid \(uid), and \(identity.name) cannot give files away."
                )
            }
            try verify(name, holds: expecting)
            let temporary = Self.newTemporary(name)
            var problems: [String]
            do throws(FileError) {
                problems = try write(
                    bytes, to: temporary, mode: mode, uid: uid, gid: gid, accessList: accessList(of: name))
            } catch {
                unlinkat(descriptor.number, temporary, 0)
                throw error
            }
            problems += try exchange(temporary, name, expecting: expecting, own: sha256(bytes))
            do throws(FileError) { try descriptor.sync(shown) } catch {
                problems.append("It is in its place, and may be gone after a power cut. \(error)")
            }
            return problems
        }
    }

    /// No version that anybody has kept is longer.
    private static let mostCompared = 16 << 20

    private func verify(_ name: String, holds expected: String?) throws(FileError) {
        do throws(FileError) {
            let found = try readHere(name, most: Self.mostCompared)
            guard found.digest == expected else {
                throw FileError(
                    code: .changedMeanwhile,
                    description: "Replacing \(path)/\(name): it was changed after it was looked at, and is left alone.")
            }
            guard found.uid == identity.uid || identity.uid == 0 else {
                throw FileError(
                    code: .notOwner,
                    description:
                        "Replacing \(path)/\(name): it belongs to uid \(found.uid), not to \(identity.name), and is left alone until it is given back (chown)."
                )
            }
        } catch  where error.code == .missing && expected == nil {
            return
        } catch  where error.code == .tooLarge {
            throw FileError(
                code: .changedMeanwhile,
                description: "Replacing \(path)/\(name): it has grown too large for a config since, and is left alone.")
        }
    }

    /// The POSIX access control list, as the kernel hands it out; empty where there is none (acl(5)). Without it the group
    /// would have what the list's mask allows.
    private func accessList(of name: String) throws(FileError) -> [UInt8] {
        var list = [UInt8](repeating: 0, count: 65536)  // the most that an attribute holds
        let count = linux_get_access_list("/proc/self/fd/\(descriptor.number)/\(name)", &list, list.count)
        if count >= 0 { return Array(list.prefix(count)) }
        guard [ENODATA, ENOTSUP, ENOENT].contains(errno) else {
            throw .errno("Reading the access control list of \(path)/\(name)")
        }
        return []
    }

    /// Returns what of its owner and mode could not be had, each as a sentence.
    @discardableResult
    func write(
        _ bytes: [UInt8], to name: String, mode: UInt32, uid: UInt32, gid: UInt32, accessList: [UInt8] = []
    ) throws(FileError) -> [String] {
        let shown = "\(path)/\(name)"
        let flags = UInt64(O_WRONLY | O_CREAT | O_EXCL)
        let number = linux_open_beneath(descriptor.number, name, flags, 0o600)
        guard number >= 0 else { throw .errno("Writing \(shown) as \(identity.name)") }
        let file = Descriptor(number)
        try file.writeAll(bytes, shown)
        let status = try file.status(shown)
        var problems: [String] = []
        var mode = mode
        if status.st_gid != gid || status.st_uid != uid {
            if fchown(file.number, uid, gid) != 0 {
                guard errno == EPERM, status.st_uid == uid else { throw .errno("Giving \(shown) to \(uid):\(gid)") }
                // Neither its own group nor the old one may see more than everybody could before.
                let both = (mode >> 3) & mode & 0o7
                mode = mode & 0o700 | both << 3 | both
                problems.append(
                    "Its group \(gid) could not be kept, because \(identity.name) is not in that group; it has the group \(status.st_gid) now, and is closed to it as it was to others."
                )
            }
        }
        guard fchmod(file.number, mode) == 0 else { throw .errno("Giving \(shown) its mode") }
        if !accessList.isEmpty, linux_set_access_list(file.number, accessList, accessList.count) != 0 {
            throw .errno("Giving \(shown) the access control list of the file that it replaces")
        }
        try file.sync(shown)
        return problems
    }

    /// Of a file that belongs to these; called with the identity.
    func replaceability(uid: UInt32, gid: UInt32) -> Replaceability {
        if identity.uid == 0, geteuid() == 0 { return .whole }
        if uid != identity.uid { return .notOwner }
        guard faccessat(descriptor.number, ".", W_OK | X_OK, AT_EACCESS) == 0 else {
            return .closed(FileError.errno("Writing in \(path) as \(identity.name)").description)
        }
        return gid == identity.gid || identity.groups.contains(gid) ? .whole : .withoutGroup
    }

    /// Swaps the two names in one step, so that what was replaced is still there to be compared and put back.
    ///
    /// The temporary file is removed only while it holds the caller's bytes (`own` is their digest) or the version that
    /// the caller has kept. Anything else is somebody's edit: it stays beside `name` until it is found as `leftBehind`.
    private func exchange(
        _ temporary: String, _ name: String, expecting: String?, own: String
    ) throws(FileError) -> [String] {
        let attempt = "Replacing \(path)/\(name)"
        func giveUp(_ failure: FileError) -> FileError {
            unlinkat(descriptor.number, temporary, 0)
            return failure
        }
        guard let expecting else {
            guard linux_rename_noreplace(descriptor.number, temporary, name) == 0 else { throw giveUp(.errno(attempt)) }
            return []
        }
        if linux_rename_exchange(descriptor.number, temporary, name) != 0 {
            // Not every file system can swap (NFS cannot): there a last look and an ordinary rename have to do.
            guard errno == EINVAL || errno == ENOSYS else { throw giveUp(.errno(attempt)) }
            do throws(FileError) { try verify(name, holds: expecting) } catch { throw giveUp(error) }
            guard renameat(descriptor.number, temporary, descriptor.number, name) == 0 else {
                throw giveUp(.errno(attempt))
            }
            return []
        }
        guard digest(of: temporary) == expecting else { throw putBack(temporary, name, own: own) }
        guard unlinkat(descriptor.number, temporary, 0) == 0 else {
            let failure = FileError.errno("Removing \(path)/\(temporary), which holds what was replaced")
            return ["\(failure) A later pass removes it."]
        }
        return []
    }

    /// What was replaced is not the file that was seen, and goes back into its place.
    private func putBack(_ temporary: String, _ name: String, own: String) -> FileError {
        let attempt = "Replacing \(path)/\(name)"
        guard linux_rename_exchange(descriptor.number, temporary, name) == 0 else { return .errno(attempt) }
        guard digest(of: temporary) != own else {
            unlinkat(descriptor.number, temporary, 0)
            return FileError(
                code: .changedMeanwhile,
                description: "\(attempt): it was changed in the same moment, and is left as it is.")
        }
        // Changed once more meanwhile: the newest edit belongs in the place, and the one before it is not lost either.
        guard linux_rename_exchange(descriptor.number, temporary, name) == 0 else { return .errno(attempt) }
        return FileError(
            code: .changedMeanwhile,
            description:
                "\(attempt): it was changed twice in the same moment; the newer edit is in its place, the other one beside it as \(temporary)."
        )
    }

    /// `nil` where it cannot be read, or is none that anybody would have kept.
    private func digest(of name: String) -> String? {
        // Ignoring: why. Whatever it is, it is not the file that was asked about.
        (try? readHere(name, most: Self.mostCompared))?.digest
    }
}
