internal import CCurl
internal import Glibc

/// Sends a batch of requests all at once over libcurl.
///
/// libcurl's global state is made at the first batch: a pass that asks nobody does not pay for it. "You must never
/// share the same handle in multiple threads" (libcurl-thread(3)): every handle lives and dies within one `send`.
package enum HTTPClient {
    /// Requests that are under way at the same time. The others have not begun, and neither have their deadlines: a
    /// peer that keeps silent never costs another one its answer.
    private static let mostAtOnce = 64

    /// Each takes a descriptor or two, and others are in use.
    private static var atOnce: Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0, limit.rlim_cur < 512 else {
            return mostAtOnce
        }
        return max(1, min(mostAtOnce, Int(limit.rlim_cur) / 8))
    }

    private static let ready = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    /// One answer per request, in the same order.
    package static func send(_ requests: [HTTPRequest]) -> [Result<HTTPResponse, HTTPError>] {
        guard !requests.isEmpty else { return [] }
        guard ready, let multi = curl_multi_init() else {
            let error = HTTPError(code: .noResources, description: "libcurl could not be initialised.")
            return requests.map { _ in .failure(error) }
        }
        defer { curl_multi_cleanup(multi) }
        let transfers = requests.map { Transfer($0) }
        defer { for transfer in transfers { transfer.close(multi) } }
        var failure: CURLMcode = CURLM_OK
        let mostAtOnce = atOnce
        var next = 0
        var underWay = 0
        while failure == CURLM_OK, next < transfers.count || underWay > 0 {
            while failure == CURLM_OK, next < transfers.count, underWay < mostAtOnce {
                if let easy = transfers[next].easy {
                    failure = curl_multi_add_handle(multi, easy)
                    underWay += 1
                }
                next += 1
            }
            var running: Int32 = 0
            if failure == CURLM_OK { failure = curl_multi_perform(multi, &running) }
            var left: Int32 = 0
            while let message = curl_multi_info_read(multi, &left) {
                let easy = message.pointee.easy_handle
                transfers.first { $0.easy == easy }?.result = watchdog_curl_result(message)
                underWay -= 1
            }
            if failure == CURLM_OK, running > 0 { failure = curl_multi_poll(multi, nil, 0, 1000, nil) }
        }
        return transfers.map { $0.outcome() }
    }
}

/// One request on its way, and what has come back so far.
private final class Transfer {
    let request: HTTPRequest
    private(set) var easy: UnsafeMutableRawPointer?
    var result: CURLcode?
    private var headerList: UnsafeMutablePointer<curl_slist>?
    private var body: [UInt8] = []
    private var headers: [String: String] = [:]
    private var overflowed = false
    private var setUp: CURLcode = CURLE_OK

    init(_ request: HTTPRequest) {
        self.request = request
        easy = curl_easy_init()
        guard let easy else { return }
        func set(_ code: CURLcode) { if setUp == CURLE_OK { setUp = code } }
        set(watchdog_curl_set_text(easy, CURLOPT_URL, request.url))
        set(watchdog_curl_set_text(easy, CURLOPT_PROTOCOLS_STR, "http,https"))
        set(watchdog_curl_set_text(easy, CURLOPT_NOPROXY, "localhost,127.0.0.1,::1"))
        set(watchdog_curl_set_text(easy, CURLOPT_USERAGENT, "agent-watchdog"))
        set(watchdog_curl_set_long(easy, CURLOPT_NOSIGNAL, 1))
        set(watchdog_curl_set_long(easy, CURLOPT_TIMEOUT_MS, Int(request.deadline / .milliseconds(1))))
        switch request.method {
        case .get: break
        case .head: set(watchdog_curl_set_long(easy, CURLOPT_NOBODY, 1))
        case .post:
            set(watchdog_curl_set_long(easy, CURLOPT_POST, 1))
            set(watchdog_curl_set_long(easy, CURLOPT_POSTFIELDSIZE, request.body.count))
            // COPYPOSTFIELDS takes the size set above, so the body may hold any byte.
            request.body.withUnsafeBytes { bytes in
                set(
                    watchdog_curl_set_pointer(
                        easy, CURLOPT_COPYPOSTFIELDS, UnsafeMutableRawPointer(mutating: bytes.baseAddress)))
            }
        }
        for header in request.headers + ["Expect:"] { headerList = curl_slist_append(headerList, header) }
        set(watchdog_curl_set_pointer(easy, CURLOPT_HTTPHEADER, headerList))
        let context = Unmanaged.passUnretained(self).toOpaque()
        set(watchdog_curl_set_pointer(easy, CURLOPT_WRITEDATA, context))
        set(watchdog_curl_set_pointer(easy, CURLOPT_HEADERDATA, context))
        set(
            watchdog_curl_set_write(easy) { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let transfer = Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue()
                return transfer.receive(UnsafeRawBufferPointer(start: bytes, count: size * count)) ? size * count : 0
            })
        set(
            watchdog_curl_set_header(easy) { bytes, size, count, context in
                guard let bytes, let context else { return 0 }
                let line = UnsafeRawBufferPointer(start: bytes, count: size * count)
                Unmanaged<Transfer>.fromOpaque(context).takeUnretainedValue().header(
                    String(decoding: line, as: UTF8.self))
                return size * count
            })
    }

    func close(_ multi: UnsafeMutableRawPointer) {
        if let easy {
            curl_multi_remove_handle(multi, easy)
            curl_easy_cleanup(easy)
        }
        curl_slist_free_all(headerList)
        easy = nil
        headerList = nil
    }

    private func receive(_ bytes: UnsafeRawBufferPointer) -> Bool {
        guard body.count + bytes.count <= request.mostBytes else {
            overflowed = true
            return false
        }
        body.append(contentsOf: bytes)
        return true
    }

    private func header(_ line: String) {
        guard headers.count < 100, let colon = line.firstIndex(of: ":") else { return }
        let value = line[line.index(after: colon)...].drop { $0 == " " }
        headers[line[..<colon].lowercased()] = String(value.prefix { !$0.isNewline })
    }

    /// What a connection fails with for the other end's sake; everything else, and no reason at all, which is libcurl's
    /// word for a socket that it did not get, is this host's own trouble.
    private static let answers: Set<Int32> = [ECONNREFUSED, ECONNRESET, ETIMEDOUT, EHOSTUNREACH, EPIPE, ECONNABORTED]

    func outcome() -> Result<HTTPResponse, HTTPError> {
        let attempt = "\(request.method.rawValue) \(request.shownAs)"
        guard let easy else {
            return .failure(HTTPError(code: .noResources, description: "\(attempt): there is no memory left for it."))
        }
        guard setUp == CURLE_OK else {
            return .failure(
                HTTPError(code: .badAddress, description: "\(attempt): libcurl does not take this request."))
        }
        guard let result else {
            return .failure(HTTPError(code: .noResources, description: "\(attempt): the transfer was not finished."))
        }
        if overflowed {
            let text = "\(attempt): the answer is longer than \(request.mostBytes) bytes."
            return .failure(HTTPError(code: .tooLarge, description: text))
        }
        guard result == CURLE_OK else {
            let code: HTTPError.Code
            var reasonNumber = 0
            _ = watchdog_curl_os_error(easy, &reasonNumber)
            let isTheirs = Self.answers.contains(Int32(truncatingIfNeeded: reasonNumber))
            switch result {
            case CURLE_OUT_OF_MEMORY, CURLE_FAILED_INIT: code = .noResources
            case CURLE_COULDNT_CONNECT where !isTheirs: code = .noResources
            case CURLE_COULDNT_CONNECT: code = .refusedConnection
            case CURLE_OPERATION_TIMEDOUT: code = .timedOut
            case CURLE_COULDNT_RESOLVE_HOST: code = .unknownHost
            case CURLE_URL_MALFORMAT: code = .badAddress
            // Also libcurl's word for a peer that does not speak HTTP.
            case CURLE_UNSUPPORTED_PROTOCOL: code = request.url.lowercased().hasPrefix("http") ? .failed : .badAddress
            default: code = .failed
            }
            let reason =
                code == .noResources
                ? "this host could not open a connection (\(reasonNumber == 0 ? "no socket was to be had" : String(cString: strerror(Int32(truncatingIfNeeded: reasonNumber)))))"
                : code == .timedOut
                    ? "no answer within \(request.deadline.components.seconds) s"
                    : String(cString: curl_easy_strerror(result))
            return .failure(HTTPError(code: code, description: "\(attempt): \(reason)."))
        }
        var status = 0
        guard watchdog_curl_status(easy, &status) == CURLE_OK, status > 0 else {
            return .failure(HTTPError(code: .failed, description: "\(attempt): an answer without a status came back."))
        }
        return .success(HTTPResponse(status: status, body: body, headers: headers))
    }
}
