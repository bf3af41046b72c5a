import FixturesTests
import Glibc
import HTTP
import Synchronization
import Testing

/// Requests over libcurl, against a server on this machine.
struct HTTPClientTests {
    private func send(_ request: HTTPRequest) throws -> HTTPResponse {
        try #require(HTTPClient.send([request]).first).get()
    }

    private func failure(_ request: HTTPRequest) -> HTTPError? {
        if case .failure(let error)? = HTTPClient.send([request]).first { return error }
        return nil
    }

    // MARK: What is sent

    @Test func `a page is asked for as it was named`() throws {
        let server = try LoopbackServer { _ in .status(200, body: "ok") }
        let answer = try send(HTTPRequest(.get, server.url + "/a/b?c=d%20e", headers: ["X-One: 1", "X-Two: a: b"]))
        let request = try #require(server.requests.first)
        #expect(request.method == "GET" && request.target == "/a/b?c=d%20e" && request.body.isEmpty)
        #expect(request.headers["x-one"] == "1" && request.headers["x-two"] == "a: b")
        #expect(request.headers["user-agent"] == "agent-watchdog")
        #expect(request.headers["host"] == "127.0.0.1:\(server.port)")
        #expect(answer.status == 200 && answer.text == "ok")
    }

    @Test func `a body arrives byte for byte, zeros among them`() throws {
        let server = try LoopbackServer { _ in .status(204) }
        let body: [UInt8] = [0, 1, 0, 255, 10, 13, 0]
        _ = try send(HTTPRequest(.post, server.url, headers: ["Content-Type: application/x"], body: body))
        let request = try #require(server.requests.first)
        #expect(request.method == "POST" && request.body == body)
        #expect(request.headers["content-length"] == "7" && request.headers["content-type"] == "application/x")
    }

    @Test func `an empty body is a body, and a large one is sent without asking first`() throws {
        let server = try LoopbackServer { _ in .status(204) }
        let large = [UInt8](repeating: 0x61, count: 300_000)
        for body in [[], large] { _ = try send(HTTPRequest(.post, server.url, body: body)) }
        #expect(server.requests.map(\.body.count) == [0, 300_000])
        #expect(server.requests.allSatisfy { $0.method == "POST" && $0.headers["expect"] == nil })
    }

    @Test func `a sign of life is asked for without a body`() throws {
        let server = try LoopbackServer { _ in .status(200, body: "not sent") }
        let answer = try send(HTTPRequest(.head, server.url + "/hook"))
        #expect(server.requests.first?.method == "HEAD")
        #expect(answer.status == 200 && answer.body.isEmpty)
        #expect(answer.headers["content-length"] == "8")
    }

    // MARK: What comes back

    @Test(arguments: [200, 204, 302, 404, 429, 500, 503])
    func `any status is an answer`(status: Int) throws {
        let server = try LoopbackServer { _ in .status(status, body: status == 204 ? "" : "words") }
        #expect(try send(HTTPRequest(.get, server.url)).status == status)
    }

    @Test func `a redirection is an answer and is not followed`() throws {
        let target = try LoopbackServer { _ in .status(200) }
        let server = try LoopbackServer { _ in .status(302, headers: ["Location: \(target.url)/"]) }
        let answer = try send(HTTPRequest(.get, server.url))
        #expect(answer.status == 302 && answer.headers["location"] == "\(target.url)/")
        #expect(target.requests.isEmpty)
    }

    @Test func `headers are found by their names in small letters`() throws {
        let server = try LoopbackServer { _ in
            .status(429, headers: ["Retry-After: 35", "X-RateLimit-Reset:  2m ", "Empty:", "Same: 1", "same: 2"])
        }
        let headers = try send(HTTPRequest(.get, server.url)).headers
        #expect(headers["retry-after"] == "35")
        #expect(headers["x-ratelimit-reset"]?.hasPrefix("2m") == true)
        #expect(headers["empty"] == "")
        #expect(headers["same"] == "2")
    }

    @Test func `an answer in pieces is put together`() throws {
        let raw = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n4\r\ndefg\r\n0\r\n\r\n"
        let server = try LoopbackServer { _ in .raw(Array(raw.utf8)) }
        #expect(try send(HTTPRequest(.get, server.url)).text == "abcdefg")
    }

    @Test func `a body that is no text is kept as bytes`() throws {
        let raw = Array("HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\n".utf8) + [0, 0xff, 0xfe, 0x80]
        let server = try LoopbackServer { _ in .raw(raw) }
        #expect(try send(HTTPRequest(.get, server.url)).body == [0, 0xff, 0xfe, 0x80])
    }

    @Test(arguments: ["", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort"])
    func `what is no answer, or half of one, is an error`(raw: String) throws {
        let server = try LoopbackServer { _ in .raw(Array(raw.utf8)) }
        let error = try #require(failure(HTTPRequest(.get, server.url)))
        #expect(error.code == .failed)
        #expect(error.description.hasPrefix("GET \(server.url): "))
    }

    @Test func `a server that speaks something else is not told as a wrong address`() throws {
        let server = try LoopbackServer { _ in .raw(Array("SSH-2.0-OpenSSH_9.2\r\n".utf8)) }
        let error = try #require(failure(HTTPRequest(.get, server.url)))
        #expect(error.code == .failed)
    }

    // MARK: Bounds

    @Test func `an answer may be as long as its bound, and no longer`() throws {
        let server = try LoopbackServer { _ in .status(200, body: String(repeating: "x", count: 5000)) }
        #expect(try send(HTTPRequest(.get, server.url, mostBytes: 5000)).body.count == 5000)
        #expect(
            failure(HTTPRequest(.get, server.url, mostBytes: 4999))
                == HTTPError(code: .tooLarge, description: "GET \(server.url): the answer is longer than 4999 bytes."))
    }

    @Test func `a server that keeps silent is given up on at the deadline, and the others are not held up`() throws {
        let server = try LoopbackServer { $0.target == "/silent" ? .silence : .status(200) }
        let requests = ["/a", "/silent", "/b"].map { HTTPRequest(.get, server.url + $0, deadline: .seconds(1)) }
        let answers = HTTPClient.send(requests)
        #expect(try answers[0].get().status == 200)
        #expect(try answers[2].get().status == 200)
        #expect(throws: HTTPError(code: .timedOut, description: "GET \(server.url)/silent: no answer within 1 s.")) {
            try answers[1].get()
        }
        #expect(server.waitForDepartures(1))
    }

    @Test func `nobody at the port is told as a refusal`() throws {
        let url = "http://127.0.0.1:\(try LoopbackServer.unusedPort())/x"
        let error = try #require(failure(HTTPRequest(.get, url)))
        #expect(error.code == .refusedConnection)
        #expect(error.description.hasPrefix("GET \(url): ") && error.description.hasSuffix("."))
    }

    @Test func `an address that holds a secret is not repeated in sentences`() throws {
        let url = "http://127.0.0.1:\(try LoopbackServer.unusedPort())/botSECRET/x"
        let error = try #require(failure(HTTPRequest(.get, url, shownAs: "getMe of telegram")))
        #expect(error.description.hasPrefix("GET getMe of telegram: "))
        #expect(!error.description.contains("SECRET"))
    }

    @Test(arguments: ["file:///etc/hostname", "ftp://127.0.0.1/", "gopher://127.0.0.1/", "dict://127.0.0.1/", "", "::"])
    func `nothing but the web is asked`(url: String) throws {
        let error = try #require(failure(HTTPRequest(.get, url)))
        #expect(error.code == .badAddress)
    }

    // MARK: Batches

    @Test func `no requests are no answers`() {
        #expect(HTTPClient.send([]).isEmpty)
    }

    @Test func `all requests of a batch are under way at the same time`() throws {
        let here = Arrivals()
        let server = try LoopbackServer { _ in
            here.arrive()
            // Nobody is answered before everybody has come.
            return here.wait(for: 50) ? .status(200) : .status(500)
        }
        let requests = (0..<50).map { _ in HTTPRequest(.get, server.url, deadline: .seconds(30)) }
        #expect(try HTTPClient.send(requests).map { try $0.get().status } == [Int](repeating: 200, count: 50))
    }

    @Test func `answers come in the order of the requests, whoever is first`() throws {
        let server = try LoopbackServer { .status(200, body: $0.target) }
        let targets = (0..<300).map { "/\($0)" }
        let answers = HTTPClient.send(targets.map { HTTPRequest(.get, server.url + $0, deadline: .seconds(30)) })
        #expect(try answers.map { try $0.get().text } == targets)
    }

    @Test func `a large batch does not open more connections than is polite`() throws {
        let open = Mutex((now: 0, most: 0))
        let full = Arrivals()
        let server = try LoopbackServer { _ in
            open.withLock {
                $0.now += 1
                $0.most = max($0.most, $0.now)
            }
            full.arrive()
            full.wait(for: 64)
            open.withLock { $0.now -= 1 }
            return .status(200)
        }
        let requests = (0..<150).map { _ in HTTPRequest(.get, server.url, deadline: .seconds(30)) }
        #expect(HTTPClient.send(requests).allSatisfy { (try? $0.get().status) == 200 })
        #expect(open.withLock { $0.most } == 64)
    }

    @Test func `peers that keep silent do not cost the others of a large batch their answers`() throws {
        let server = try LoopbackServer { $0.target == "/silent" ? .silence : .status(200) }
        let targets = [String](repeating: "/silent", count: 64) + ["/a", "/b", "/c"]
        let requests = targets.map { HTTPRequest(.get, server.url + $0, deadline: .seconds(1)) }
        let statuses = HTTPClient.send(requests).map { try? $0.get().status }
        #expect(statuses == [Int?](repeating: nil, count: 64) + [200, 200, 200])
    }

    /// In a process of its own, since the environment is the whole process's.
    @Test func `a proxy of the environment is not asked for what is on this machine`() async {
        await #expect(processExitsWith: .success) {
            for name in ["http_proxy", "ALL_PROXY"] { setenv(name, "http://127.0.0.1:1", 1) }
            let server = try LoopbackServer { _ in .status(200) }
            for host in ["127.0.0.1", "localhost"] {
                let request = HTTPRequest(.get, "http://\(host):\(server.port)/")
                #expect(try #require(HTTPClient.send([request]).first).get().status == 200)
            }
        }
    }
}
