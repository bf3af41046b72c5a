/// Of systemd's message catalog (`journalctl --catalog`): what a manager, or journald itself, says in a line.
package enum MessageID {
    package static let starting = "7d4958e842da4a758f6c1cdc7b36dcc5"
    package static let started = "39f53479d3a045ac8e11786248231fbf"
    package static let startFailed = "be02cf6855d2428ba40df7e9d022f03d"
    package static let stopping = "de5b426a63be47a7b6ac3eaac82e2f6f"
    package static let stopped = "9d1aaa27d60140bd96365438aad20286"
    package static let mainExited = "98e322203f7a4ed290d09fe03c09fe15"
    package static let failed = "d9b373ed55a64feb8242e02dbe79a49c"
    package static let succeeded = "7ad2d189f7e94e70a38c781354912448"
    package static let restartScheduled = "5eb03494b6584870a536b337290809b3"
    /// journald has dropped lines.
    package static let dropped = "a596d6fe7bfa4994828e72309e95d61e"
}
