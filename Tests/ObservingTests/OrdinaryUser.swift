import Files
import Glibc

/// A user who is not root: whoever runs the tests, or `nobody` where that is root.
enum OrdinaryUser {
    static var identity: Result<FileIdentity, FileError> {
        Result { () throws(FileError) in
            geteuid() == 0 ? try FileIdentity(name: "nobody") : try FileIdentity(uid: geteuid())
        }
    }
}
