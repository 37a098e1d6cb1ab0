import Diagnostics
import Foundation
import NIOHTTP1
import Synchronization

/// What is answered to one request: the page, what is new of it, the metrics, or why there is nothing.
///
/// Nothing of the machine is served: three paths have an answer, and no path is ever looked up among files.
struct WatchAnswer {
    var status: HTTPResponseStatus
    var type = "text/plain; charset=utf-8"
    var body: [UInt8] = []
    /// The revision of the page, for caches; `nil` for what is not to be kept.
    var revision: String?
    /// The methods there are, where the request used another one.
    var isWrongMethod = false

    init(_ head: HTTPRequestHead, _ content: WatchContent, hosts: WatchHosts) {
        guard head.method == .GET || head.method == .HEAD else {
            self.init(.methodNotAllowed, "Only GET and HEAD are answered.")
            isWrongMethod = true
            return
        }
        guard hosts.allows(head.headers.first(name: "host")) else {
            self.init(.misdirectedRequest, "This server is asked as localhost or by its address only.")
            return
        }
        let (path, query) = Self.parts(of: head.uri)
        do throws(Diagnostic) {
            switch path {
            case "/": try self.init(page: content, cached: head.headers["if-none-match"])
            case "/news.json": try self.init(news: content, since: query["since"] ?? "")
            case "/metrics":
                self.init(.ok, "")
                (type, body) = ("text/plain; version=0.0.4; charset=utf-8", content.metrics())
            default: self.init(.notFound, "There is nothing here. There are /, /news.json and /metrics.")
            }
        } catch {
            self.init(.internalServerError, error.description)
        }
    }

    private init(_ status: HTTPResponseStatus, _ text: String) {
        self.status = status
        body = Array((text + "\n").utf8)
    }

    private init(page content: WatchContent, cached: [String]) throws(Diagnostic) {
        let revision = content.revision
        let isCached = cached.contains { $0.contains("\"\(revision)\"") }
        status = isCached ? .notModified : .ok
        body = isCached ? [] : try content.page()
        (type, self.revision) = ("text/html; charset=utf-8", revision)
    }

    private init(news content: WatchContent, since: String) throws(Diagnostic) {
        let news = try content.news(since: since)
        status = news == nil ? .noContent : .ok
        (type, body) = ("application/json", news ?? [])
    }

    /// The path and the query of a request's target.
    private static func parts(of target: String) -> (path: String, query: [String: String]) {
        let halves = target.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        var query: [String: String] = [:]
        for pair in halves.count > 1 ? halves[1].split(separator: "&").prefix(8) : [] {
            let sides = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            query[String(sides[0])] = sides.count > 1 ? sides[1].removingPercentEncoding ?? "" : ""
        }
        return (String(halves.first ?? ""), query)
    }

    /// The response's head; `closes` ends the connection after it.
    func head(version: HTTPVersion, closes: Bool) -> HTTPResponseHead {
        var headers = HTTPHeaders([
            ("Content-Type", type), ("Cache-Control", revision == nil ? "no-store" : "no-cache"),
            ("X-Content-Type-Options", "nosniff"), ("Referrer-Policy", "no-referrer"),
            ("Cross-Origin-Resource-Policy", "same-origin"),
            ("Serre-Now", "\((Date().timeIntervalSince1970 * 1000).rounded() / 1000)"),
        ])
        if status != .noContent && status != .notModified {
            headers.add(name: "Content-Length", value: "\(body.count)")
        }
        if let revision { headers.add(name: "ETag", value: "\"\(revision)\"") }
        if isWrongMethod { headers.add(name: "Allow", value: "GET, HEAD") }
        headers.add(name: "Connection", value: closes ? "close" : "keep-alive")
        return HTTPResponseHead(version: version, status: status, headers: headers)
    }
}

/// By which names a server may be asked. One that listens to this machine alone answers to the machine's own names only, lest a
/// page from elsewhere that calls itself by another name (DNS rebinding) reads what it has.
struct WatchHosts: Sendable {
    let isLoopback: Bool

    func allows(_ host: String?) -> Bool {
        guard isLoopback, let host else { return true }
        var name = host.lowercased()
        if let colon = name.lastIndex(of: ":"), !name[colon...].contains("]") { name = String(name[..<colon]) }
        return name == "localhost" || name == "[::1]" || name.wholeMatch(of: /127(\.\d{1,3}){3}/) != nil
    }
}

/// A log that no client can flood: so many lines in a stretch of time, then silence until it is over.
final class WatchLog: Sendable {
    private let write: @Sendable (String) -> Void
    private let state = Mutex((begin: ContinuousClock.now, count: 0))
    private static let linesMax = 20
    private static let stretch = Duration.seconds(10)

    init(_ write: @escaping @Sendable (String) -> Void) { self.write = write }

    /// A line; what came from outside has its control characters taken out and is cut.
    func say(_ line: String, about outside: String) {
        let count = state.withLock { state in
            if ContinuousClock.now - state.begin > Self.stretch { state = (.now, 0) }
            state.count += 1
            return state.count
        }
        let clean = outside.unicodeScalars.prefix(200).map { $0.value < 32 || $0.value == 127 ? "?" : String($0) }
        if count < Self.linesMax { write("\(line) \(clean.joined())") }
        if count == Self.linesMax { write("\(line) more; not said for ten seconds") }
    }
}
