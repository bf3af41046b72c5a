import Testing

@testable import Processes

/// A line of /proc/PID/stat, taken apart.
struct ProcessStatusTests {
    static func stat(
        _ name: String = "node", state: String = "S", parent: String = "1", terminal: String = "0",
        flags: String = "4194560", start: String = "987654"
    ) -> String {
        "42 (\(name)) \(state) \(parent) 42 42 \(terminal) -1 \(flags) 1 2 3 4 5 6 7 8 20 0 11 0 \(start) 1000 200 "
            + "18446744073709551615 1 1 0 0 0\n"
    }

    private func status(_ text: String) -> ProcessStatus? { ProcessStatus(pid: 42, stat: Array(text.utf8)[...]) }

    @Test func `what matters of a line is taken over`() throws {
        let found = try #require(status(Self.stat(parent: "4000000")))
        #expect(found.pid == 42 && found.parent == 4_000_000 && found.command == "node")
        #expect(found.startTicks == 987_654)
        #expect(!found.isZombie && !found.hasTerminal && !found.isKernelThread)
    }

    @Test(arguments: [
        "two words", "(brackets)", ") S 1 1 1 (", "a) Z 0 0 0 34816 0 2097152", "((((", "))))", "", "line\nfeed", "ü🦞",
    ])
    func `no name of a program can say anything about it`(name: String) throws {
        let found = try #require(status(Self.stat(name)))
        #expect(found.command == name)
        #expect(found.parent == 1 && found.startTicks == 987_654)
        #expect(!found.isZombie && !found.hasTerminal && !found.isKernelThread)
    }

    @Test(arguments: [("S", false), ("R", false), ("D", false), ("T", false), ("I", false), ("Z", true), ("X", true)])
    func `one that has ended is told from one that waits`(state: String, isZombie: Bool) {
        #expect(status(Self.stat(state: state))?.isZombie == isZombie)
    }

    /// A device number stands there with a sign.
    @Test(arguments: [("0", false), ("34816", true), ("1025", true), ("-2147450880", true)])
    func `a terminal is any but none`(terminal: String, has: Bool) {
        #expect(status(Self.stat(terminal: terminal))?.hasTerminal == has)
    }

    @Test(arguments: [("2129984", true), ("2097152", true), ("69238880", true), ("4194304", false), ("0", false)])
    func `a kernel thread is known by its flag`(flags: String, isOne: Bool) {
        #expect(status(Self.stat(flags: flags))?.isKernelThread == isOne)
    }

    @Test func `a line that is cut, or is none, is nobody`() {
        let whole = Self.stat()
        let last = whole.split(separator: " ").prefix(22).joined(separator: " ").count
        for count in 0..<(last - 6) { #expect(status(String(whole.prefix(count))) == nil, "\(count) letters") }
        #expect(status(String(whole.prefix(last)))?.startTicks == 987_654)
        for text in [Self.stat(parent: "x"), Self.stat(start: "-1"), Self.stat(flags: ""), ") (", "42 node S 1"] {
            #expect(status(text) == nil)
        }
    }

    @Test(arguments: [("0", 0), ("42", 42), ("0042", 42), ("", nil), ("4 2", nil), ("-1", nil), ("1x", nil)])
    func `a number is made of digits alone`(text: String, value: UInt64?) {
        #expect(decimal(Array(text.utf8)[...]) == value)
    }
}

/// The line of /proc/PID/cgroup that counts.
struct CgroupLineTests {
    @Test(arguments: [
        ("0::/system.slice/a.service\n", "/system.slice/a.service"),
        ("12:cpu,cpuacct:/x\n1:name=systemd:/user.slice\n", "/user.slice"),
        ("1:name=systemd:/old\n0::/new\n", "/new"), ("0::/a:b:c\n", "/a:b:c"), ("0::/\n", "/"),
        ("0::/gone.service (deleted)\n", "/gone.service (deleted)"), ("5:cpu:/x\n", nil), ("", nil),
        ("1:name=systemd:/a:b\n", "/a:b"),
        // systemd keeps the one of them; the other is somebody else's mount, with every process at its root.
        ("1:name=systemd:/system.slice/a.service\n0::/\n", "/system.slice/a.service"),
        ("1:name=systemd:/\n0::/system.slice/a.service\n", "/system.slice/a.service"),
        ("1:name=systemd:/\n0::/\n", "/"),
    ])
    func `the tree of systemd is the one that counts`(text: String, group: String?) {
        #expect(ProcessTable.cgroup(in: Array(text.utf8)[...]) == group)
    }
}
