import Diagnosing
import FixturesTests
import Model
import Testing

/// A token proves something against another user's process only where root has said that it is the agent's.
struct StrayTokenTests {
    private func finding(isRoots: Bool, isOtherUsers: Bool = true) -> Finding? {
        let found = StrayTests.stray {
            $0.isOtherUsers = isOtherUsers
            $0.mayBeEnded = true
        }
        return StrayTests.findings(
            StrayTests.seen([found]) {
                $0.tokens = [HeldToken(fingerprint: StrayTests.token, sources: ["a file"], isProven: isRoots)]
            }
        ).first { $0.kind == .processStray }
    }

    @Test func `another user's process is not ended on its user's word`() throws {
        let found = try #require(finding(isRoots: false))
        #expect(found.prescription == .none)
        #expect(
            found.summary.hasSuffix(
                "It is not ended, because it is fleet's, and that the token is this agent's is its user's word alone. To end it: if it is this agent's, `kill 77`."
            ))
    }

    @Test func `on root's word it is`() {
        #expect(finding(isRoots: true)?.prescription == .end([StrayTests.order(StrayTests.stray())]))
    }

    @Test func `of the agent's own user no more proof is asked`() {
        #expect(
            finding(isRoots: false, isOtherUsers: false)?.prescription == .end([StrayTests.order(StrayTests.stray())]))
    }

    @Test func `that another token is root's word proves nothing of this one`() {
        let found = StrayTests.stray { $0.isOtherUsers = true }
        let findings = StrayTests.findings(
            StrayTests.seen([found]) {
                $0.tokens.append(HeldToken(fingerprint: TokenFingerprint(hex: "ff"), sources: ["x"], isProven: true))
            })
        let stray = findings.first { $0.kind == .processStray }
        #expect(stray?.prescription == Prescription.none)
        #expect(stray?.summary.contains("its user's word alone") == true)
    }

    @Test func `that a port is its own a user may say of any, and so no other's service is named for it`() {
        let found = StrayTests.stray {
            $0.tokens = []
            $0.port = 443
            $0.isOtherUsers = true
            $0.place = .service("web.service", governs: true)
        }
        func isNamed(_ scope: Scope) -> Bool {
            let findings = StrayTests.findings(
                StrayTests.seen([found]) {
                    $0.agent = Agent(id: AgentID(scope: scope, unit: Sample.unit), name: "coder", config: [])
                })
            return findings.contains { $0.summary.contains("web.service") }
        }
        #expect(isNamed(.system))
        #expect(!isNamed(Sample.user))
    }

    @Test func `a unit whose name is a shell's word is quoted where a person would type it`() {
        let found = StrayTests.stray {
            $0.tokens = []
            $0.port = 18_789
            $0.place = .service("$(reboot).service", governs: true)
        }
        #expect(
            StrayTests.findings(StrayTests.seen([found])).first?.summary.hasSuffix(
                "To end it: `systemctl stop '$(reboot).service'`.") == true)
    }
}
