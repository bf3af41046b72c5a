/// Who a process is, as /proc/PID/stat says (proc(5)).
package struct ProcessStatus: Equatable, Sendable {
    package let pid: Int32
    package let parent: Int32
    /// At most 15 bytes, any character.
    package let command: String
    /// Clock ticks since boot.
    package let startTicks: UInt64
    /// It has ended, and its parent has not yet asked how.
    package let isZombie: Bool
    /// A signal or a debugger holds it.
    package let isStopped: Bool
    /// It has a controlling terminal: somebody may be sitting there.
    package let hasTerminal: Bool
    package let isKernelThread: Bool

    /// `PF_KTHREAD` of the kernel's `sched.h`, as it stands in field 9.
    private static let kernelThread: UInt64 = 0x0020_0000

    init?(pid: Int32, stat text: ArraySlice<UInt8>) {
        // The command stands in parentheses and may itself hold any of them: the last one closes it.
        guard let open = text.firstIndex(of: UInt8(ascii: "(")), let close = text.lastIndex(of: UInt8(ascii: ")")),
            open < close
        else { return nil }
        // Counted from field 3, the state: field 4 is the parent, 7 the terminal, 9 the flags, 22 the start.
        var parent: UInt64?
        var terminal: UInt64?
        var flags: UInt64?
        var start: UInt64?
        var state: UInt8 = 0
        var field = 2
        var index = close + 1
        while index < text.endIndex, field < 22 {
            guard text[index] == UInt8(ascii: " ") else { return nil }
            field += 1
            index += 1
            let began = index
            while index < text.endIndex, text[index] != UInt8(ascii: " "), text[index] != UInt8(ascii: "\n") {
                index += 1
            }
            switch field {
            case 3: state = began < index ? text[began] : 0
            case 4: parent = decimal(text[began..<index])
            // A device number is given with a sign.
            case 7: terminal = text[began..<index].elementsEqual(CollectionOfOne(UInt8(ascii: "0"))) ? 0 : 1
            case 9: flags = decimal(text[began..<index])
            case 22: start = decimal(text[began..<index])
            default: break
            }
        }
        guard let parent, let terminal, let flags, let start else { return nil }
        self.pid = pid
        self.parent = Int32(truncatingIfNeeded: parent)
        command = String(decoding: text[(open + 1)..<close], as: UTF8.self)
        startTicks = start
        isZombie = state == UInt8(ascii: "Z") || state == UInt8(ascii: "X")
        isStopped = state == UInt8(ascii: "T") || state == UInt8(ascii: "t")
        hasTerminal = terminal != 0
        isKernelThread = flags & Self.kernelThread != 0
    }
}

/// `nil` where there is anything but digits.
func decimal(_ text: ArraySlice<UInt8>) -> UInt64? {
    var value: UInt64 = 0
    for byte in text {
        guard byte >= UInt8(ascii: "0"), byte <= UInt8(ascii: "9") else { return nil }
        value = value &* 10 &+ UInt64(byte - UInt8(ascii: "0"))
    }
    return text.isEmpty ? nil : value
}
