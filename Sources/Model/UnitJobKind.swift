/// What a manager is asked to do with a unit (org.freedesktop.systemd1(5)).
package enum UnitJobKind: Hashable, Sendable {
    case start
    case restart
    /// Restarts it if it is active, and does nothing if it is not.
    case tryRestart
}

/// What becomes of a job of a unit after one more look, directly before it would be asked for.
package enum JobChoice: Hashable, Sendable {
    /// The job that does no more than what was planned: what is stopped in the very last moment, it does not start.
    case go(UnitJobKind)
    /// The reason as a sentence.
    case no(String)
}
