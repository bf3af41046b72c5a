import Files
import Glibc
import Model
import Processes

// The watchdog's walk over /proc, as a pass does it: every process, with the fingerprints of the bot tokens in its
// environment. It is a program for `scripts/bench` alone: nothing ships it.

/// One walk, with nothing known from the walk before; how many processes it met, and how many of them hold a token.
func walk(_ key: FingerprintKey) -> (processes: Int, holders: Int) {
    var known: [ArraySlice<UInt8>: TokenFingerprint] = [:]
    let walked = ProcessTable.walk { environment in
        BotToken.find(in: environment).map { token in
            if let fingerprint = known[token] { return fingerprint }
            let fingerprint = TokenFingerprint(hex: key.fingerprint(token))
            known[Array(token)[...]] = fingerprint
            return fingerprint
        }
    }
    return (walked.processes.count, walked.processes.count { $0.mark?.isEmpty == false })
}

guard CommandLine.arguments.count == 2, let walks = Int(CommandLine.arguments[1]), 1...1000 ~= walks else {
    print("usage: walk-bench WALKS")
    print("prints how many processes the last walk met, the median of milliseconds, and how many of them hold a token")
    exit(64)
}
// Of no state directory: a key for this run.
let key = FingerprintKey.forLooking(in: "/nonexistent")
let clock = ContinuousClock()
var met = (processes: 0, holders: 0)
let times = (0..<walks).map { _ in clock.measure { met = walk(key) } }.sorted()
let (seconds, attoseconds) = times[walks / 2].components
let microseconds = seconds * 1_000_000 + attoseconds / 1_000_000_000_000
print("\(met.processes)\t\(Double(microseconds) / 1000)\t\(met.holders)")
