internal import CLinux
internal import Files

/// Which of this user's units root's watchdog acts on. Read anew each time: it may begin with them at any moment.
struct OwnerClaims {
    func has(_ unit: String, of uid: UInt32) -> Bool {
        RootsClaim.units(of: uid, at: linux_wall_clock())?.contains(unit) ?? false
    }
}
