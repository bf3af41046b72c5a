import FixturesTests
import Glibc
import Systemd
import Testing

/// A user's socket lies in a folder that the user owns: who listens there is looked at.
@Suite(.enabled(if: geteuid() == 0, "only root can make a folder in /run/user"), .serialized)
struct ListenerTests {
    /// No user of this machine, so that nobody's socket is in the way.
    private static let uid: UInt32 = 3_999_999_998

    /// A listener that belongs to this process, and so to root, where that user's manager would be.
    private final class Listener {
        private let descriptor: Int32
        private static let folder = "/run/user/\(uid)"

        init() throws {
            for path in ["/run/user", Self.folder, Self.folder + "/systemd"] { mkdir(path, 0o755) }
            descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            let path = Self.folder + "/systemd/private"
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.utf8)) }
            let bound = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            guard bound == 0, listen(descriptor, 5) == 0 else { throw PeerFailure(errno) }
            let accepting = descriptor
            detachThread {
                while true {
                    let connection = accept(accepting, nil, nil)
                    guard connection >= 0 else { break }
                    ManagerPeer.serve(connection) { $0.reply() }
                }
                close(accepting)
            }
        }

        deinit {
            shutdown(descriptor, Int32(SHUT_RDWR))
            unlink(Self.folder + "/systemd/private")
            rmdir(Self.folder + "/systemd")
            rmdir(Self.folder)
        }
    }

    @Test func `a listener that is somebody else is not spoken to`() throws {
        let listener = try Listener()
        let error = #expect(throws: SystemdError.self) {
            _ = try UnitManager(Bus.userManager(uid: Self.uid))
        }
        #expect(error?.code == .accessDenied)
        #expect(
            error?.description
                == "Connecting to the user manager of uid \(Self.uid) at /run/user/\(Self.uid)/systemd/private: "
                + "the process that listens there belongs to uid 0, not to uid \(Self.uid).")
        withExtendedLifetime(listener) {}
    }
}
