import Diagnostics
import Foundation
import NIOCore
import NIOHTTP1
import NIOPosix

/// Serves the page of some runs, its news and their metrics over HTTP, on one thread.
///
///     let server = try WatchServer(content, address: "127.0.0.1", port: 0) { line in print(line) }
///     print("http://127.0.0.1:\(server.port)/")
///     server.close()
///
/// At most ``connectionsMax`` connections are open at once; others wait to be accepted.
public final class WatchServer: Sendable {
    private let group: MultiThreadedEventLoopGroup
    private let channel: any Channel
    /// The port that it listens on: the one asked for, or the one that the system chose for 0.
    public let port: Int

    public static let connectionsMax = 256

    /// Listens on an address of this machine; `log` is told of requests that are refused.
    ///
    /// Throws when the port is taken or the address is none of this machine's.
    public init(
        _ content: WatchContent, address: String, port: Int, log: @escaping @Sendable (String) -> Void
    ) throws(Diagnostic) {
        let group = MultiThreadedEventLoopGroup(numberOfThreads: 1)
        do {
            let place = try SocketAddress.makeAddressResolvingHost(address, port: port)
            let hosts = WatchHosts(isLoopback: Self.isLoopback(place))
            let answers = Answers(content: content, hosts: hosts, log: WatchLog(log))
            channel = try Self.bootstrap(group, answers).bind(to: place).wait()
            self.port = channel.localAddress?.port ?? port
            self.group = group
        } catch {
            try? group.syncShutdownGracefully()
            throw Self.problem(error, address: address, port: port)
        }
    }

    /// What the connections' handlers share.
    private struct Answers: Sendable {
        var content: WatchContent
        var hosts: WatchHosts
        var log: WatchLog
        let limit = ConnectionLimit.Count(most: connectionsMax)
    }

    private static func bootstrap(_ group: MultiThreadedEventLoopGroup, _ answers: Answers) -> ServerBootstrap {
        ServerBootstrap(group: group)
            .serverChannelOption(.backlog, value: 1024)
            .serverChannelOption(.socketOption(.so_reuseaddr), value: 1)
            .serverChannelOption(.maxMessagesPerRead, value: 4)
            .serverChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    // Where the process has no descriptors left, accepting waits a moment instead of failing.
                    try channel.pipeline.syncOperations.addHandlers([
                        ConnectionLimit(answers.limit), AcceptBackoffHandler(),
                    ])
                }
            }
            .childChannelInitializer { channel in
                channel.eventLoop.makeCompletedFuture {
                    try channel.pipeline.syncOperations.configureHTTPServerPipeline(withErrorHandling: true)
                    try channel.pipeline.syncOperations.addHandler(
                        WatchHandler(
                            answers.content, hosts: answers.hosts, log: answers.log, limit: answers.limit))
                }
            }
    }

    /// Stops listening, and ends the connections there are.
    public func close() {
        try? channel.close().wait()
        try? group.syncShutdownGracefully()
    }

    /// Whether only this machine can reach an address.
    public static func isLoopback(_ address: String) -> Bool {
        (try? SocketAddress.makeAddressResolvingHost(address, port: 0)).map(isLoopback) ?? false
    }

    private static func isLoopback(_ address: SocketAddress) -> Bool {
        address.ipAddress.map { $0.hasPrefix("127.") || $0 == "::1" } ?? false
    }

    private static func problem(_ error: any Error, address: String, port: Int) -> Diagnostic {
        switch (error as? IOError)?.errnoCode {
        case EADDRINUSE:
            Diagnostic(
                "watch.port", "port \(port) of \(address) is in use",
                remedy: "name another one with --port, or 0 for any")
        case EACCES, EPERM:
            Diagnostic(
                "watch.port", "port \(port) is not for everybody to listen on", expected: "one of 1024 or more",
                remedy: "name another one with --port")
        case EADDRNOTAVAIL:
            Diagnostic("watch.address", "\(address) is no address of this machine", remedy: "use 127.0.0.1, or 0.0.0.0")
        default:
            Diagnostic(
                "watch.address", "cannot listen on port \(port) of \(address): \(error)",
                remedy: "use the address 127.0.0.1")
        }
    }
}
