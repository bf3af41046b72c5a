import FixturesTests
import Model
import Testing

struct AgentIDTests {
    @Test(arguments: [("mybot.service", "mybot"), ("mybot", "mybot"), ("x.service.service", "x.service")])
    func `a unit without its suffix is what people call it`(unit: String, name: String) {
        #expect(AgentID(scope: .system, unit: unit).bareUnit == name)
    }

    @Test func `the command that is shown is one that a person can type`() {
        #expect(Sample.id.systemctl("status").line == "systemctl status openclaw-gateway-coder.service")
        let user = AgentID(scope: Sample.user, unit: Sample.unit)
        #expect(user.systemctl("restart").line == "systemctl --user -M fleet@ restart openclaw-gateway-coder.service")
    }

    @Test func `the same unit under two managers is two agents`() {
        let user = AgentID(scope: Sample.user, unit: Sample.unit)
        #expect(user != Sample.id)
        #expect(user != AgentID(scope: .user(uid: 1001, name: "fleet"), unit: Sample.unit))
    }

    @Test func `a scope says whose manager it is`() {
        #expect(Scope.system.manager == "the system manager")
        #expect(Sample.user.manager == "the user manager of fleet")
        #expect(Scope.system.userName == nil)
        #expect(Scope.system.uid == nil)
        #expect(Sample.user.userName == "fleet")
        #expect(Sample.user.uid == 1000)
    }
}

struct RungTests {
    @Test func `what the ledger keeps of a rung leads back to it`() {
        let rungs = FindingKind.allCases.map { Rung.rule($0) } + [.advisor, .lastKnownGood, .undo]
        for rung in rungs { #expect(Rung(text: rung.text) == rung) }
        #expect(Set(rungs.map(\.text)).count == rungs.count)
    }

    @Test(arguments: ["", "rule:", "rule:unit-failed ", "unit-failed", "Advisor", "rule:reboot"])
    func `another word is no rung`(word: String) {
        #expect(Rung(text: word) == nil)
    }
}

struct PlanTests {
    private func plan(_ steps: [Remedy]) -> Plan { Plan(agent: Sample.id, rungs: [.advisor], steps: steps, reason: "") }

    @Test func `a plan knows whether it starts the unit`() {
        #expect(plan([.resetFailed, .startUnit]).startsUnit)
        #expect(plan([.restartUnit]).startsUnit)
        let restore = Remedy.restoreConfig(ConfigRestore(version: Sample.config("a"), replacing: nil))
        let end = Remedy.endProcess(Sample.order(7))
        #expect(!plan([.resetFailed, .writeKillMode("mixed"), end, restore]).startsUnit)
    }

    @Test func `a plan lists what it restores, in order`() {
        let one = ConfigRestore(version: Sample.config("a"), replacing: nil)
        let two = ConfigRestore(version: Sample.config("b", path: "/other"), replacing: Sample.digest("c"))
        #expect(plan([.restoreConfig(one), .startUnit, .restoreConfig(two)]).restores == [one, two])
    }
}

struct UnitFactsTests {
    private func unit(_ active: String, _ sub: String) -> UnitFacts {
        var unit = UnitFacts()
        unit.activeState = active
        unit.subState = sub
        return unit
    }

    @Test func `running is more than active`() {
        #expect(unit("active", "running").isRunning)
        #expect(!unit("active", "exited").isRunning)
        #expect(!unit("activating", "running").isRunning)
    }

    @Test func `a restart is pending only while systemd says so`() {
        #expect(unit("activating", "auto-restart").awaitsRestart)
        #expect(!unit("activating", "start").awaitsRestart)
        #expect(!unit("failed", "auto-restart").awaitsRestart)
    }

    @Test func `failed and inactive are down, everything on its way is not`() {
        for state in ["failed", "inactive"] { #expect(unit(state, "dead").isDown) }
        for state in ["active", "activating", "deactivating", "reloading", ""] { #expect(!unit(state, "x").isDown) }
    }
}

struct SeverityTests {
    @Test func `severities are ordered by how much is lost`() {
        #expect([Severity.critical, .info, .warning].sorted() == [.info, .warning, .critical])
    }
}
