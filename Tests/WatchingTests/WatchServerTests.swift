import Diagnostics
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix
import Synchronization
import Testing

@testable import Watching

@Suite struct WatchServerTests {
    private let watched: WatchedRun
    private let content: WatchContent

    init() throws {
        watched = try WatchedRun()
        content = WatchContent([watched.follower.page])
    }

    private func answer(_ method: HTTPMethod, _ target: String, host: String? = nil, etag: String? = nil) -> WatchAnswer
    {
        var head = HTTPRequestHead(version: .http1_1, method: method, uri: target)
        if let host { head.headers.add(name: "Host", value: host) }
        if let etag { head.headers.add(name: "If-None-Match", value: etag) }
        return WatchAnswer(head, content, hosts: WatchHosts(isLoopback: true))
    }

    @Test func threePathsHaveAnAnswer() throws {
        let page = answer(.GET, "/?x#y")
        #expect(page.status == .ok && String(decoding: page.body, as: UTF8.self).hasPrefix("<!doctype html>"))
        #expect(answer(.GET, "/", etag: "\"\(content.revision)\"").status == .notModified)
        #expect(answer(.GET, "/news.json?since=\(content.revision)").status == .noContent)
        #expect(answer(.GET, "/news.json").status == .ok && answer(.HEAD, "/metrics").status == .ok)
    }

    @Test(arguments: [
        "/etc/passwd", "/../../etc/passwd", "/%2e%2e/etc/passwd", "//", "/news.json/", "", "*", "/favicon.ico",
    ])
    func nothingElseHas(target: String) { #expect(answer(.GET, target).status == .notFound) }

    @Test func otherMethodsAndNamesAreRefused() {
        #expect(
            answer(.POST, "/").status == .methodNotAllowed && answer(.DELETE, "/metrics").status == .methodNotAllowed)
        #expect(answer(.GET, "/", host: "evil.example:8400").status == .misdirectedRequest)
        for name in ["localhost", "LOCALHOST:8400", "127.0.0.1:8400", "127.1.2.3", "[::1]:8400", "[::1]"] {
            #expect(answer(.GET, "/", host: name).status == .ok, "\(name)")
        }
        #expect(WatchHosts(isLoopback: false).allows("cluster.example"))
    }

    @Test func aLogCannotBeFlooded() {
        let lines = Lines()
        let log = WatchLog { lines.add($0) }
        for number in 0..<1000 { log.say("404 to somebody for", about: "GET /\(number)\u{1B}[2J") }
        #expect(lines.all.count == 20 && lines.all[0] == "404 to somebody for GET /0?[2J")
    }

    @Test func aThousandClientsAtOnceAreAllServed() throws {
        let server = try WatchServer(content, address: "127.0.0.1", port: 0) { _ in }
        defer { server.close() }
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        defer { try? group.syncShutdownGracefully() }
        let clients = (0..<1000).map { _ in
            let client = Client()
            return ClientBootstrap(group: group)
                .channelInitializer { $0.pipeline.addHandler(client) }
                .connect(host: "127.0.0.1", port: server.port)
                .flatMap { $0.closeFuture }.map { client.said }
        }
        let ends = try EventLoopFuture.whenAllComplete(clients, on: group.next()).wait()
        let whole = "HTTP/1.1 200 OK"
        let body = String(decoding: content.metrics(), as: UTF8.self)
        #expect(
            ends.count { end in (try? end.get()).map { $0.hasPrefix(whole) && $0.hasSuffix(body) } ?? false } == 1000)
    }

    @Test func aTakenPortIsSaid() throws {
        let server = try WatchServer(content, address: "127.0.0.1", port: 0) { _ in }
        defer { server.close() }
        let problem = #expect(throws: Diagnostic.self) {
            try WatchServer(content, address: "127.0.0.1", port: server.port) { _ in }
        }
        #expect(problem?.code == "watch.port" && problem?.exitStatus == 2)
    }
}

/// Lines said from any thread.
private final class Lines: Sendable {
    private let lines = Mutex<[String]>([])
    func add(_ line: String) { lines.withLock { $0.append(line) } }
    var all: [String] { lines.withLock { $0 } }
}

/// Asks once for the metrics, and keeps what comes until the server ends the connection.
private final class Client: ChannelInboundHandler, Sendable {
    typealias InboundIn = ByteBuffer
    typealias OutboundOut = ByteBuffer
    private let text = Mutex("")
    var said: String { text.withLock { $0 } }

    func channelActive(context: ChannelHandlerContext) {
        let question = "GET /metrics HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
        context.writeAndFlush(wrapOutboundOut(ByteBuffer(string: question)), promise: nil)
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        let part = unwrapInboundIn(data)
        text.withLock { $0 += String(buffer: part) }
    }
}
