import FixturesTests
import Glibc
import Synchronization
import Systemd
import Testing

/// Jobs that are queued, and waited for until the manager has removed them.
struct UnitJobTests {
    static let start = UnitJob(.start, "a.service")

    /// Subscribes at once, and hands everything else on.
    static func peer(_ handler: @escaping ManagerPeer.Handler) throws -> ManagerPeer {
        try ManagerPeer { call in
            if call.member == "Subscribe" { call.reply() } else { handler(call) }
        }
    }

    static func error<Value>(_ result: Result<Value, SystemdError>?) -> SystemdError? {
        if case .failure(let error)? = result { return error }
        return nil
    }

    @Test(arguments: [UnitJob.Verb.start, .restart])
    func `a job is asked for by name, in place of any other`(verb: UnitJob.Verb) throws {
        let heard = Mutex<[String]>([])
        let peer = try Self.peer { call in
            heard.withLock { $0 += [call.member, call.argument(), call.argument()] }
            call.reply(.object("/job/1"))
            call.jobRemoved("/job/1", unit: "a.service", result: "done")
        }
        #expect(try peer.connect().run([UnitJob(verb, "a.service")], seconds: 30).map { try $0.get() } == ["done"])
        #expect(heard.withLock { $0 } == [verb.rawValue, "a.service", "replace"])
        #expect(peer.members == ["Subscribe", verb.rawValue])
    }

    @Test func `a job that ended before its reply came has ended`() throws {
        let peer = try Self.peer { call in
            call.jobRemoved("/job/1", unit: "a.service", result: "done")
            call.reply(.object("/job/1"))
        }
        #expect(try peer.connect().run([Self.start], seconds: 30).first?.get() == "done")
    }

    @Test(arguments: ["failed", "timeout", "canceled", "dependency", "skipped"])
    func `the manager's own word for the end of a job is told`(word: String) throws {
        let peer = try Self.peer { call in
            call.reply(.object("/job/1"))
            call.jobRemoved("/job/1", unit: "a.service", result: word)
        }
        #expect(try peer.connect().run([Self.start], seconds: 30).first?.get() == word)
    }

    @Test func `several jobs are queued together, and each has its own end`() throws {
        let waiting = Mutex<[(unit: String, path: String)]>([])
        let peer = try Self.peer { call in
            let unit = call.argument()
            let path = "/job/\(unit.prefix(1))"
            call.reply(.object(path))
            let all = waiting.withLock { list in
                list.append((unit, path))
                return list
            }
            // Nothing ends before all three are queued, and then the last one first.
            guard all.count == 3 else { return }
            for job in all.reversed() {
                call.jobRemoved(job.path, unit: job.unit, result: job.unit == "b.service" ? "failed" : "done")
            }
        }
        let jobs = ["a.service", "b.service", "c.service"].map { UnitJob(.start, $0) }
        #expect(try peer.connect().run(jobs, seconds: 30).map { try $0.get() } == ["done", "failed", "done"])
    }

    @Test func `the end of somebody else's job is not this one's`() throws {
        let peer = try Self.peer { call in
            call.jobRemoved("/job/2", unit: "a.service", result: "failed")
            call.reply(.object("/job/1"))
            call.jobRemoved("/job/3", unit: "a.service", result: "canceled")
            call.jobRemoved("/job/1", unit: "a.service", result: "done")
        }
        #expect(try peer.connect().run([Self.start], seconds: 30).first?.get() == "done")
    }

    @Test func `a job that is refused fails alone and at once`() throws {
        let peer = try Self.peer { call in
            if call.argument() == "masked.service" {
                call.fail("org.freedesktop.systemd1.UnitMasked", "Unit masked.service is masked.")
            } else {
                call.reply(.object("/job/1"))
                call.jobRemoved("/job/1", unit: "a.service", result: "done")
            }
        }
        let answers = try peer.connect().run([UnitJob(.start, "masked.service"), Self.start], seconds: 30)
        #expect(try answers[1].get() == "done")
        #expect(
            Self.error(answers[0])?.description
                == "StartUnit masked.service in the test manager: Unit masked.service is masked. "
                + "(org.freedesktop.systemd1.UnitMasked).")
    }

    @Test func `a job that does not end is told when the time is up, and left to run`() throws {
        let peer = try Self.peer { $0.reply(.object("/job/1")) }
        let answers = try peer.connect().run([Self.start], seconds: 0.05)
        let error = try #require(Self.error(answers.first))
        #expect(error.code == .timedOut)
        #expect(error.description == "StartUnit a.service in the test manager: not finished after 0 s.")
        #expect(peer.members == ["Subscribe", "StartUnit"])
    }

    @Test func `one that ends is told beside one that does not`() throws {
        let peer = try Self.peer { call in
            let unit = call.argument()
            call.reply(.object("/job/\(unit.prefix(1))"))
            if unit == "a.service" { call.jobRemoved("/job/a", unit: unit, result: "done") }
        }
        let answers = try peer.connect().run([UnitJob(.restart, "slow.service"), Self.start], seconds: 0.05)
        #expect(Self.error(answers[0])?.code == .timedOut)
        #expect(try answers[1].get() == "done")
    }

    @Test func `a connection that has subscribed already goes on`() throws {
        let subscriptions = Mutex(0)
        let peer = try ManagerPeer { call in
            if call.member == "Subscribe" {
                let count = subscriptions.withLock { count in
                    count += 1
                    return count
                }
                if count == 1 { call.reply() } else { call.fail("org.freedesktop.systemd1.AlreadySubscribed", "Yes.") }
                return
            }
            call.reply(.object("/job/1"))
            call.jobRemoved("/job/1", unit: "a.service", result: "done")
        }
        let manager = try peer.connect()
        for _ in 0..<2 { #expect(try manager.run([Self.start], seconds: 30).first?.get() == "done") }
        #expect(subscriptions.withLock { $0 } == 2)
    }

    @Test func `without a subscription no job is queued`() throws {
        let peer = try ManagerPeer { $0.fail("org.freedesktop.DBus.Error.AccessDenied", "No.") }
        #expect {
            _ = try peer.connect().run([Self.start], seconds: 30)
        } throws: { error in
            (error as? SystemdError)?.code == .accessDenied
        }
        #expect(peer.members == ["Subscribe"])
    }

    @Test(.timeLimit(.minutes(1)))
    func `a manager that goes away while a job runs is an error, and not waited for`() throws {
        let peer = try Self.peer { call in
            call.reply(.object("/job/1"))
            call.hangUp()
        }
        #expect {
            _ = try peer.connect().run([Self.start], seconds: 600)
        } throws: { error in
            (error as? SystemdError)?.code == .unreachable
        }
    }

    /// In a process of its own, which an alarm ends where it hangs.
    @Test func `a manager that never stops talking does not make a pass wait longer`() async {
        await #expect(processExitsWith: .success) {
            alarm(20)
            let peer = try UnitJobTests.peer { call in
                call.reply(.object("/job/1"))
                call.jobRemovedForEver("/job/2")
            }
            let manager = try peer.connect()
            let clock = ContinuousClock()
            let began = clock.now
            let answers = try manager.run([UnitJobTests.start], seconds: 0.05)
            #expect(UnitJobTests.error(answers.first)?.code == .timedOut)
            #expect(clock.now - began < .seconds(1))
        }
    }

    @Test func `an end of a job that is malformed is not taken for one`() throws {
        let peer = try Self.peer { call in
            call.reply(.object("/job/1"))
            call.signal("JobRemoved", .text("not"), .text("a"), .text("job"))
            call.jobRemoved("/job/1", unit: "a.service", result: "done")
        }
        let manager = try peer.connect()
        var word: String?
        var thrown: SystemdError?
        do throws(SystemdError) {
            word = try manager.run([Self.start], seconds: 30).first?.get()
        } catch {
            thrown = error
        }
        #expect(word == "done" || thrown?.code == .malformed)
    }
}
