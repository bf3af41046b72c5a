/// A channel with its secrets at hand; it lives for one delivery.
package struct Destination: Sendable {
    package enum Address: Sendable {
        case webhook(url: String)
        case telegram(api: String, token: String, chat: String)
    }

    /// As the outbox knows it.
    package let channel: String
    package let address: Address

    package init(channel: String, address: Address) {
        self.channel = channel
        self.address = address
    }
}
