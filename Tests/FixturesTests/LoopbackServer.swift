internal import Glibc
internal import Synchronization

/// A request as it came over the wire.
package struct LoopbackRequest: Sendable {
    package let method: String
    /// Path and query.
    package let target: String
    /// Names in lower case.
    package let headers: [String: String]
    package let body: [UInt8]

    package var text: String { String(decoding: body, as: UTF8.self) }
}

package enum LoopbackAnswer: Sendable {
    case status(Int, headers: [String] = [], body: String = "")
    /// These bytes instead of an HTTP answer.
    case raw([UInt8])
    /// Nothing, until the client goes away.
    case silence
}

/// An HTTP server on 127.0.0.1 with a thread per connection. It speaks no more of HTTP than the tests need, and it
/// remembers what it was asked.
package final class LoopbackServer: Sendable {
    package typealias Handler = @Sendable (LoopbackRequest) -> LoopbackAnswer

    private final class State: Sendable {
        let requests = Mutex<[LoopbackRequest]>([])
        let arrivals = Arrivals()
        let gone = Arrivals()
        let handler: Handler

        init(_ handler: @escaping Handler) { self.handler = handler }
    }

    package let port: UInt16
    private let listener: Int32
    private let state: State

    package init(_ handler: @escaping Handler) throws {
        let listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard listener >= 0 else { throw ScratchFailure("socket", errno) }
        port = try Self.bindToLoopback(listener)
        guard listen(listener, 256) == 0 else { throw ScratchFailure("listen", errno) }
        self.listener = listener
        let state = State(handler)
        self.state = state
        detachThread {
            while true {
                let connection = accept(listener, nil, nil)
                if connection < 0, errno == EINTR || errno == ECONNABORTED { continue }
                guard connection >= 0 else { break }
                detachThread { Self.serve(connection, state) }
            }
            close(listener)
        }
    }

    deinit {
        // Wakes the thread that accepts, which then closes the socket.
        shutdown(listener, Int32(SHUT_RDWR))
    }

    package var url: String { "http://127.0.0.1:\(port)" }
    package var requests: [LoopbackRequest] { state.requests.withLock { $0 } }

    package func waitForRequests(_ count: Int) -> Bool { state.arrivals.wait(for: count) }

    /// Waits until so many clients that were answered with silence have gone.
    package func waitForDepartures(_ count: Int) -> Bool { state.gone.wait(for: count) }

    /// A port on which nobody listens: it was ours a moment ago.
    package static func unusedPort() throws -> UInt16 {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue) | Int32(SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { throw ScratchFailure("socket", errno) }
        defer { close(descriptor) }
        return try bindToLoopback(descriptor)
    }

    private static func bindToLoopback(_ descriptor: Int32) throws -> UInt16 {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let done = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) { generic in
                bind(descriptor, generic, length) == 0 && getsockname(descriptor, generic, &length) == 0
            }
        }
        guard done else { throw ScratchFailure("bind to 127.0.0.1", errno) }
        return UInt16(bigEndian: address.sin_port)
    }

    private static func serve(_ connection: Int32, _ state: State) {
        defer { close(connection) }
        guard let request = receive(connection) else { return }
        state.requests.withLock { $0.append(request) }
        state.arrivals.arrive()
        switch state.handler(request) {
        case .status(let status, let headers, let body):
            var lines = ["HTTP/1.1 \(status) Some words", "Content-Length: \(body.utf8.count)", "Connection: close"]
            lines += headers
            let head = lines.joined(separator: "\r\n") + "\r\n\r\n"
            send(Array((head + (request.method == "HEAD" ? "" : body)).utf8), connection)
        case .raw(let bytes): send(bytes, connection)
        case .silence:
            var byte: UInt8 = 0
            while recv(connection, &byte, 1, 0) > 0 {}
            state.gone.arrive()
        }
    }

    private static func receive(_ connection: Int32) -> LoopbackRequest? {
        var bytes: [UInt8] = []
        var chunk = [UInt8](repeating: 0, count: 64 * 1024)
        func more() -> Bool {
            let count = recv(connection, &chunk, chunk.count, 0)
            if count > 0 { bytes += chunk[..<count] }
            return count > 0
        }
        let blank = Array("\r\n\r\n".utf8)
        while bytes.firstRange(of: blank) == nil { guard more() else { return nil } }
        guard let end = bytes.firstRange(of: blank) else { return nil }
        var lines = String(decoding: bytes[..<end.lowerBound], as: UTF8.self).split(separator: "\r\n")[...]
        let words = lines.popFirst()?.split(separator: " ") ?? []
        guard words.count == 3 else { return nil }
        var headers: [String: String] = [:]
        for line in lines {
            guard let colon = line.firstIndex(of: ":") else { continue }
            headers[line[..<colon].lowercased()] = String(line[line.index(after: colon)...].drop { $0 == " " })
        }
        let length = headers["content-length"].flatMap { Int($0) } ?? 0
        while bytes.count - end.upperBound < length { guard more() else { return nil } }
        return LoopbackRequest(
            method: String(words[0]), target: String(words[1]), headers: headers,
            body: Array(bytes[end.upperBound..<end.upperBound + length]))
    }

    private static func send(_ bytes: [UInt8], _ connection: Int32) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes {
                Glibc.send(connection, $0.baseAddress, $0.count, Int32(MSG_NOSIGNAL))
            }
            guard count > 0 else { return }
            rest = rest.dropFirst(count)
        }
    }
}
