internal import ConfigText
internal import Model

/// Where an OpenClaw gateway answers.
enum OpenClawAddress {
    /// By its environment, by the words that it is started with, or by its config.
    static func port(_ view: AddressView) -> UInt16? {
        switch view.find(OpenClaw.portName) {
        case .value(let value, _, _): return number(value)
        case .unknown: return value(of: "--port", in: view.command).flatMap(number)
        case .nowhere: return value(of: "--port", in: view.command).map(number) ?? Section(view.config)?.port
        }
    }

    static func doubt(_ view: AddressView) -> String? {
        guard let gateway = Section(view.config) else { return "its config cannot be read" }
        if !view.isOld { return "its config was changed after it had started" }
        if case .value(let named, _, _) = view.find(OpenClaw.portName),
            let word = value(of: "--port", in: view.command), word != named
        {
            return "its unit names two ports"
        }
        if let bind = value(of: "--bind", in: view.command) ?? gateway.bind, !["loopback", "lan"].contains(bind) {
            return "gateway.bind is \(bind.printable)"
        }
        return gateway.hasTLS || view.command.contains("--tls") ? "gateway.tls is set" : nil
    }

    private static func number(_ text: String) -> UInt16? { UInt16(text).flatMap { $0 > 0 ? $0 : nil } }

    /// `--name value` or `--name=value`; the last one counts.
    private static func value(of name: String, in words: [String]) -> String? {
        var found: String?
        for (index, word) in words.enumerated() {
            if word == name, index + 1 < words.count { found = words[index + 1] }
            if word.hasPrefix(name + "=") { found = String(word.dropFirst(name.count + 1)) }
        }
        return found
    }

    /// What a config says under `gateway`.
    private struct Section {
        var port: UInt16?
        var bind: String?
        var hasTLS = false

        /// `nil` where not all of it can be read.
        init?(_ config: [ConfigFile]) {
            guard !config.isEmpty else { return nil }
            for file in config {
                guard let version = file.version, ConfigSyntax(file: version.path) == .json5,
                    case .success(let tree) = ConfigTree.parse(version.bytes, as: .json5)
                else { return nil }
                guard let gateway = tree.root.member("gateway")?.node else { continue }
                // What is taken in there stands in a file of its own, at its top.
                if gateway.member("$include") != nil { return nil }
                if case .number(let number)? = gateway.member("port")?.node.value {
                    port = number.canonical.flatMap(OpenClawAddress.number) ?? port
                }
                bind = gateway.member("bind")?.node.value.string ?? bind
                if let tls = gateway.member("tls")?.node {
                    if case .bool(false)? = tls.member("enabled")?.node.value { continue }
                    hasTLS = true
                }
            }
        }
    }
}
