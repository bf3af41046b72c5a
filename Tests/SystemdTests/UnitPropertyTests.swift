import FixturesTests
import Synchronization
import Systemd
import Testing

/// Properties of units, read from a manager over a real connection.
struct UnitPropertyTests {
    /// Lists whatever units are looked up, and hands everything else on.
    private static func peer(_ handler: @escaping ManagerPeer.Handler) throws -> ManagerPeer {
        try ManagerPeer { call in
            guard call.member == "ListUnitsByNames" else { return handler(call) }
            call.reply(.units(call.list().map { .unit($0, path: path($0)) }))
        }
    }

    private static func path(_ unit: String) -> String {
        "/unit/" + unit.map { $0.isLetter || $0.isNumber ? String($0) : "_" }.joined()
    }

    private static func numbered(_ count: Int) -> [String] { (0..<count).map { "u\($0)" } }

    private static func error<Value>(_ result: Result<Value, SystemdError>?) -> SystemdError? {
        if case .failure(let error)? = result { return error }
        return nil
    }

    @Test func `every property has its test`() {
        #expect(Set(PropertySample.all.map(\.0)) == Set(UnitProperty.allCases))
    }

    @Test func `all properties are taken over, and what is not of interest is passed over`() throws {
        let odd: [(String, PeerValue)] = [
            ("ExecStop", .array("(sasbttttuii)", [])), ("CPUUsageNSec", .uint64(.max)),
            ("Nested", .array("(a{sv}s)", [.structure([.array("{sv}", []), .text("x")])])),
        ]
        let heard = Mutex<[String]>([])
        let peer = try Self.peer { call in
            heard.withLock { $0 += [call.interface, call.member, call.path, call.argument()] }
            call.reply(.properties(odd + PropertySample.all.map { ($0.0.rawValue, $0.1) } + odd))
        }
        let manager = try peer.connect()
        let answers = try manager.allProperties(of: try manager.listUnits(names: ["a.service"]))
        #expect(answers.count == 1)
        #expect(try answers.first?.get() == PropertySample.expected)
        #expect(heard.withLock { $0 } == ["org.freedesktop.DBus.Properties", "GetAll", Self.path("a.service"), ""])
    }

    @Test func `chosen properties are asked for one by one, each of its own interface`() throws {
        let heard = Mutex<[String]>([])
        let peer = try Self.peer { call in
            let (interface, name) = (call.argument(), call.argument())
            heard.withLock { $0.append("\(interface) \(name)") }
            guard let value = PropertySample.all.first(where: { $0.0.rawValue == name })?.1 else { return }
            call.reply(.variant(value))
        }
        let manager = try peer.connect()
        let answers = try manager.properties(
            [.type, .invocationID, .mainPID, .job, .environment], of: try manager.listUnits(names: ["a.service"]))
        var chosen = UnitProperties()
        chosen.type = "simple"
        chosen.invocationID = "000fa5ff"
        chosen.mainPID = 4711
        chosen.job = 77
        chosen.environment = ["A=1", "B=ü x"]
        #expect(try answers.first?.get() == chosen)
        let unit = "org.freedesktop.systemd1.Unit"
        let service = "org.freedesktop.systemd1.Service"
        #expect(
            heard.withLock { $0 } == [
                "\(service) Type", "\(unit) InvocationID", "\(service) MainPID", "\(unit) Job",
                "\(service) Environment",
            ])
        #expect(peer.members == ["ListUnitsByNames", "Get", "Get", "Get", "Get", "Get"])
    }

    @Test func `empty lists, and an id that there is none of yet, are empty`() throws {
        let peer = try Self.peer { call in
            call.reply(
                .properties([
                    ("InvocationID", .array("y", [])), ("Environment", .texts([])),
                    ("EnvironmentFiles", .array("(sb)", [])),
                    ("Job", .structure([.uint32(0), .object("/")])), ("MainPID", .uint32(0)),
                ]))
        }
        let manager = try peer.connect()
        let units = try manager.listUnits(names: ["a.service"])
        #expect(try manager.allProperties(of: units).first?.get() == UnitProperties())
    }

    /// A message bus refuses more than 128 calls of one connection at a time.
    @Test func `three hundred reads are under way together, and never more than a bus allows`() throws {
        let held = Mutex<(calls: [PeerCall], most: Int, seen: Int)>(([], 0, 0))
        let peer = try Self.peer { call in
            // Answers nothing before a hundred calls wait, or all have come; then the last one first.
            let ready = held.withLock { state -> [PeerCall] in
                state.calls.append(call.kept())
                state.seen += 1
                state.most = max(state.most, state.calls.count)
                guard state.calls.count == 100 || state.seen == 300 else { return [] }
                defer { state.calls = [] }
                return state.calls.reversed()
            }
            for each in ready {
                let unit = each.path.split(separator: "u").last ?? ""
                each.reply(.variant(.uint32(UInt32(unit) ?? 0)))
                each.release()
            }
        }
        let manager = try peer.connect()
        let answers = try manager.properties([.mainPID], of: try manager.listUnits(names: Self.numbered(300)))
        #expect(try answers.map { try $0.get().mainPID } == (0..<300).map { UInt32($0) })
        #expect(held.withLock { $0.most } == 100)
    }

    @Test func `a unit that went away meanwhile fails alone`() throws {
        let peer = try Self.peer { call in
            if call.path == Self.path("gone.service") {
                call.fail("org.freedesktop.systemd1.NoSuchUnit", "Unit gone.service not loaded.")
            } else {
                call.reply(.variant(.uint32(7)))
            }
        }
        let manager = try peer.connect()
        let units = try manager.listUnits(names: ["a.service", "gone.service", "b.service"])
        let answers = try manager.properties([.mainPID, .restarts], of: units)
        #expect(try answers[0].get().mainPID == 7)
        #expect(try answers[2].get().restarts == 7)
        let error = try #require(Self.error(answers[1]))
        #expect(error.code == .refused("org.freedesktop.systemd1.NoSuchUnit"))
        #expect(
            error.description
                == "Reading MainPID of gone.service: Unit gone.service not loaded. (org.freedesktop.systemd1.NoSuchUnit)."
        )
    }

    @Test(arguments: [PeerValue.variant(.text("7")), .text("7"), .variant(.array("u", [.uint32(7)]))])
    func `an answer of another type is malformed, and fails alone`(value: PeerValue) throws {
        let peer = try Self.peer { call in
            if call.path == Self.path("odd.service") { call.reply(value) } else { call.reply(.variant(.uint32(7))) }
        }
        let manager = try peer.connect()
        let units = try manager.listUnits(names: ["odd.service", "a.service"])
        let answers = try manager.properties([.mainPID], of: units)
        let error = try #require(Self.error(answers[0]))
        #expect(error.code == .malformed)
        #expect(error.description.hasPrefix("Reading MainPID of odd.service: "))
        #expect(try answers[1].get().mainPID == 7)
    }

    @Test func `an answer without contents is malformed`() throws {
        let peer = try Self.peer { call in call.reply() }
        let manager = try peer.connect()
        let units = try manager.listUnits(names: ["a.service"])
        #expect(Self.error(try manager.properties([.mainPID], of: units).first)?.code == .malformed)
        #expect(Self.error(try manager.allProperties(of: units).first)?.code == .malformed)
    }

    @Test func `a manager that goes away in the middle is an error and no hang`() throws {
        let calls = Mutex(0)
        let peer = try Self.peer { call in
            let number = calls.withLock { count in
                count += 1
                return count
            }
            if number <= 5 { call.reply(.variant(.uint32(7))) }
            if number == 50 { call.hangUp() }
        }
        let manager = try peer.connect()
        let units = try manager.listUnits(names: Self.numbered(50))
        var answers: [Result<UnitProperties, SystemdError>] = []
        var thrown: SystemdError?
        do throws(SystemdError) {
            answers = try manager.properties([.mainPID], of: units)
        } catch {
            thrown = error
        }
        let codes = answers.compactMap { Self.error($0)?.code } + [thrown?.code].compactMap { $0 }
        #expect(!codes.isEmpty)
        #expect(codes.allSatisfy { $0 == .unreachable })
    }

    @Test func `no units are no calls`() throws {
        let peer = try Self.peer { $0.reply() }
        #expect(try peer.connect().properties(UnitProperty.ofRunning, of: []).isEmpty)
        #expect(peer.members.isEmpty)
    }
}
