internal import Glibc
package import Model
package import Systemd

/// The managers of systemd that this process may speak to, each over one connection for the whole pass.
package struct Managers {
    /// In a stable order: the system manager, then the users' by uid.
    package private(set) var connected: [(scope: Scope, manager: UnitManager)] = []
    package private(set) var gaps: [Gap] = []

    /// As root: the system manager and every running user manager. As anybody else: the own user manager.
    package static func connect() -> Managers {
        var managers = Managers()
        let own = geteuid()
        guard own == 0 else {
            managers.connectUser(own)
            return managers
        }
        do throws(SystemdError) {
            let system = UnitManager(try Bus.systemManager())
            managers.connected.append((.system, system))
            // A running user manager is a unit of the system manager's; that is the one list which no user can forge.
            let users = try system.listUnits(patterns: ["user@*.service"])
                .filter { $0.activeState == "active" }
                .compactMap { UInt32($0.name.dropFirst("user@".count).dropLast(".service".count)) }
            for uid in users.sorted() { managers.connectUser(uid) }
        } catch {
            managers.gaps.append(
                Gap(
                    source: "bus",
                    sentence: "\(error) Is systemd running here, and is this the host itself and not a container?"))
        }
        return managers
    }

    private mutating func connectUser(_ uid: UInt32) {
        do throws(SystemdError) {
            let manager = UnitManager(try Bus.userManager(uid: uid))
            connected.append((.user(uid: uid, name: Accounts.name(of: uid)), manager))
        } catch {
            gaps.append(
                Gap(
                    source: "bus",
                    sentence:
                        "\(error) Its agents are not watched; see \(ShellCommand("systemctl", "status", "user@\(uid).service").inSentence)."
                ))
        }
    }

    package func manager(of scope: Scope) -> UnitManager? {
        connected.first { $0.scope == scope }?.manager
    }
}
