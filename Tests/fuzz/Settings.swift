/// Whatever the bytes, they are settings that hold what the rest relies on, or are refused with a place and a whole
/// sentence.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzSettings(_ data: UnsafePointer<UInt8>, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: data, count: count))
    do throws(SettingsError) {
        let settings = try SettingsReader.read(bytes, file: "f.toml", defaults: Settings(stateDirectory: "/d"))
        precondition(settings.stateDirectory.utf8.first == UInt8(ascii: "/"))
        precondition(settings.policy.settle > .zero && settings.policy.settle * 2 < settings.policy.deadline)
        precondition(settings.policy.brakeShare > 0 && settings.policy.brakeShare <= 1)
        for agent in settings.agents {
            precondition(agent.unit.hasSuffix(".service") && !agent.shownName.isEmpty)
            precondition(!agent.unit.utf8.contains { $0 == UInt8(ascii: "/") || $0 < 0x20 })
            for path in (agent.config ?? []) + [agent.schema ?? "/"] {
                precondition(path.utf8.first == UInt8(ascii: "/"))
            }
        }
        precondition(Set(settings.channels.map(\.name)).count == settings.channels.count, "two channels of one name")
    } catch {
        let parts = error.description.split(separator: ":", maxSplits: 3)
        precondition(parts.count == 4 && parts[0] == "f.toml" && parts[3].hasPrefix(" "), error.description)
        guard let line = Int(parts[1]), let column = Int(parts[2]) else { preconditionFailure(error.description) }
        precondition(line >= 1 && line <= 1 + bytes.count { $0 == 0x0A }, error.description)
        precondition(column >= 1 && column <= count + 1, error.description)
        // The name of a key that may have been meant is asked for, and everything else said.
        precondition(error.description.hasSuffix(".") || error.description.hasSuffix("?"), error.description)
    }
    return 0
}
