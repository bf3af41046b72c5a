/// One request, with its bounds.
package struct HTTPRequest: Sendable {
    package enum Method: String, Sendable { case get = "GET", head = "HEAD", post = "POST" }

    package var method: Method
    /// `http` or `https`; nothing else is sent anywhere.
    package var url: String
    /// `Name: value`.
    package var headers: [String]
    package var body: [UInt8]
    /// For everything: name look-up, connection, answer.
    package var deadline: Duration
    /// A longer answer is an error.
    package var mostBytes: Int
    /// How the request is named in sentences, for addresses that hold a secret.
    package var shownAs: String

    package init(
        _ method: Method = .get, _ url: String, headers: [String] = [], body: [UInt8] = [],
        deadline: Duration = .seconds(5), mostBytes: Int = 64 * 1024, shownAs: String? = nil
    ) {
        self.method = method
        self.url = url
        self.headers = headers
        self.body = body
        self.deadline = deadline
        self.mostBytes = mostBytes
        self.shownAs = shownAs ?? url
    }
}

package struct HTTPResponse: Sendable {
    package let status: Int
    package let body: [UInt8]
    /// Names in lower case.
    package let headers: [String: String]

    package init(status: Int, body: [UInt8], headers: [String: String] = [:]) {
        self.status = status
        self.body = body
        self.headers = headers
    }

    package var text: String { String(decoding: body, as: UTF8.self) }
}

package struct HTTPError: Error, Equatable, Sendable, CustomStringConvertible {
    package enum Code: Equatable, Sendable {
        case refusedConnection, timedOut, unknownHost, tooLarge, badAddress, failed
        /// For want of descriptors, memory, ports or a route on this host: it says nothing of the other end.
        case noResources
    }

    package let code: Code
    package let description: String

    package init(code: Code, description: String) {
        self.code = code
        self.description = description
    }
}
