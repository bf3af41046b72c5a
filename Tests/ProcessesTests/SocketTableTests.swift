import FixturesTests
import Glibc
import Processes
import Testing

/// Whose sockets are whose.
struct SocketTableTests {
    /// A socket of this process, with the number that the kernel knows it by.
    private final class Socket {
        let descriptor: Int32
        let inode: UInt64

        init(_ descriptor: Int32) throws {
            self.descriptor = descriptor
            var status = stat()
            try #require(descriptor >= 0 && fstat(descriptor, &status) == 0)
            inode = UInt64(status.st_ino)
        }

        convenience init(family: Int32 = AF_INET, type: __socket_type = SOCK_STREAM) throws {
            try self.init(socket(family, Int32(type.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0))
        }

        deinit { close(descriptor) }

        /// Any free port of the loopback address.
        func bindAndListen() throws -> UInt16 {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            var length = socklen_t(MemoryLayout<sockaddr_in>.size)
            let done = withUnsafeMutablePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    bind(descriptor, generic, length) == 0 && listen(descriptor, 4) == 0
                        && getsockname(descriptor, generic, &length) == 0
                }
            }
            try #require(done)
            return UInt16(bigEndian: address.sin_port)
        }

        func connect(to port: UInt16) throws {
            var address = sockaddr_in()
            address.sin_family = sa_family_t(AF_INET)
            address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
            address.sin_port = port.bigEndian
            let done = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                    Glibc.connect(descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                }
            }
            try #require(done)
        }
    }

    @Test func `a socket that listens is found by its port, and so is its user`() throws {
        let listener = try Socket()
        let port = try listener.bindAndListen()
        for table in [SocketTable.listeners(), SocketTable.everything(seenBy: getpid())] {
            #expect(table.listening[port] == [listener.inode])
            #expect(table.owners[listener.inode] == geteuid())
            #expect(table.connected[listener.inode] == nil)
        }
        #expect(SocketTable.listeners().connected.isEmpty)
    }

    @Test func `both ends of a connection are connected, and the one that listens is not`() throws {
        let listener = try Socket()
        let port = try listener.bindAndListen()
        let client = try Socket()
        try client.connect(to: port)
        let server = try Socket(accept(listener.descriptor, nil, nil))
        let table = SocketTable.everything(seenBy: getpid())
        // The port at the other end, since that is on this host.
        #expect(table.connected[client.inode] == port)
        #expect(table.connected[server.inode] != nil && table.connected[server.inode] != port)
        #expect(table.connected[listener.inode] == nil)
        #expect(table.listening[port] == [listener.inode])
    }

    @Test func `a socket that is neither is none that counts`() throws {
        let idle = try Socket()
        let datagrams = try Socket(type: SOCK_DGRAM)
        let local = try Socket(family: AF_UNIX)
        let table = SocketTable.everything(seenBy: getpid())
        let mine = try #require(ProcessTable.sockets(of: getpid()))
        for socket in [idle, datagrams, local] {
            #expect(mine.contains(socket.inode))
            #expect(table.connected[socket.inode] == nil && table.owners[socket.inode] == nil)
        }
    }

    @Test func `a port of the newer protocol is found as well`() throws {
        let listener = try Socket(family: AF_INET6)
        var address = sockaddr_in6()
        address.sin6_family = sa_family_t(AF_INET6)
        address.sin6_addr = in6addr_loopback
        var length = socklen_t(MemoryLayout<sockaddr_in6>.size)
        let done = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(listener.descriptor, generic, length) == 0 && listen(listener.descriptor, 4) == 0
                    && getsockname(listener.descriptor, generic, &length) == 0
            }
        }
        // A host may have no such address.
        guard done else { return }
        let port = UInt16(bigEndian: address.sin6_port)
        #expect(SocketTable.listeners().listening[port]?.contains(listener.inode) == true)
    }

    @Test func `two that share a port are both found`() throws {
        let first = try Socket()
        let second = try Socket()
        var yes: Int32 = 1
        for socket in [first, second] {
            try #require(setsockopt(socket.descriptor, SOL_SOCKET, SO_REUSEPORT, &yes, 4) == 0)
        }
        let port = try first.bindAndListen()
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        address.sin_port = port.bigEndian
        let done = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(second.descriptor, generic, socklen_t(MemoryLayout<sockaddr_in>.size)) == 0
                    && listen(second.descriptor, 4) == 0
            }
        }
        try #require(done)
        #expect(SocketTable.listeners().listening[port] == [first.inode, second.inode])
    }

    @Test func `what a process holds is found, whole or among what is looked for`() throws {
        let listener = try Socket()
        _ = try listener.bindAndListen()
        let other = try Socket()
        let all = try #require(ProcessTable.sockets(of: getpid()))
        #expect(all.isSuperset(of: [listener.inode, other.inode]))
        #expect(ProcessTable.sockets(of: getpid(), among: [listener.inode]) == [listener.inode])
        #expect(ProcessTable.sockets(of: getpid(), among: [1]) == [])
        #expect(ProcessTable.sockets(of: getpid(), among: []) == [])
        let child = try SpawnedProgram("/bin/sleep", ["60"]).asleep()
        #expect(ProcessTable.sockets(of: child.pid) == [], "a child of ours has none of ours")
    }

    @Test func `a namespace that cannot be seen shows nothing`() throws {
        let child = try SpawnedProgram("/bin/true")
        child.wait()
        let table = SocketTable.everything(seenBy: child.pid)
        #expect(table.listening.isEmpty && table.connected.isEmpty && table.owners.isEmpty)
    }
}
