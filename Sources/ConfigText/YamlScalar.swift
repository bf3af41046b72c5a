/// What a plain scalar of YAML means: as PyYAML reads it for most agents, so `yes`, `no`, `on` and `off` are true and
/// false; but base 60 and dates are texts, which they are for JavaScript's readers and in YAML 1.2.
enum YamlScalar {
    static func value(_ text: String) -> ConfigValue {
        switch text {
        case "", "~", "null", "Null", "NULL": return .null
        case "true", "True", "TRUE", "yes", "Yes", "YES", "on", "On", "ON": return .bool(true)
        case "false", "False", "FALSE", "no", "No", "NO", "off", "Off", "OFF": return .bool(false)
        case ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF", ".nan", ".NaN", ".NAN":
            return .number(ConfigNumber(text))
        default: break
        }
        return isNumber(text) ? .number(ConfigNumber(octal(text) ?? text)) : .string(text)
    }

    private static func isNumber(_ text: String) -> Bool {
        guard let first = text.utf8.first, text.utf8.count < 400 else { return false }
        guard (0x30...0x39).contains(first) || first == 0x2B || first == 0x2D || first == 0x2E else { return false }
        // `1_000` is a number for PyYAML, `_` at an end is none.
        guard text.utf8.last != 0x5F, ConfigNumber(text).canonical != nil else { return false }
        let digits = text.utf8.drop { $0 == 0x2B || $0 == 0x2D }
        return digits.contains { (0x30...0x39).contains($0) }
    }

    /// `017` is 15, as YAML 1.1 has it; other numbers stay as they are.
    private static func octal(_ text: String) -> String? {
        let digits = text.utf8.drop { $0 == 0x2B || $0 == 0x2D }
        guard digits.count > 1, digits.first == 0x30, digits.allSatisfy({ (0x30...0x37).contains($0) }) else {
            return nil
        }
        return (text.utf8.first == 0x2D ? "-" : "") + "0o" + String(decoding: digits.dropFirst(), as: UTF8.self)
    }
}
