import NIOCore
import NIOHTTP1
import Synchronization

/// Answers the requests of one connection, one after the other.
///
/// A client that does not finish a request, or does not take its answer, in time is let go.
final class WatchHandler: ChannelInboundHandler {
    typealias InboundIn = HTTPServerRequestPart
    typealias OutboundOut = HTTPServerResponsePart

    private let content: WatchContent
    private let hosts: WatchHosts
    private let log: WatchLog
    private let limit: ConnectionLimit.Count
    private var head: HTTPRequestHead?
    private var bodyBytes = 0
    private var deadline: Scheduled<Void>?

    private static let requestTime = TimeAmount.seconds(30)
    private static let answerTime = TimeAmount.seconds(120)
    private static let bodyBytesMax = 1 << 16

    init(_ content: WatchContent, hosts: WatchHosts, log: WatchLog, limit: ConnectionLimit.Count) {
        (self.content, self.hosts, self.log, self.limit) = (content, hosts, log, limit)
    }

    func channelActive(context: ChannelHandlerContext) {
        allow(Self.requestTime, context)
        context.fireChannelActive()
    }

    func channelInactive(context: ChannelHandlerContext) {
        deadline?.cancel()
        context.fireChannelInactive()
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        switch unwrapInboundIn(data) {
        case .head(let head): (self.head, bodyBytes) = (head, 0)
        case .body(let bytes):
            // Nothing is asked for with a body.
            bodyBytes += bytes.readableBytes
            if bodyBytes > Self.bodyBytesMax { context.close(promise: nil) }
        case .end:
            guard let head else { return }
            self.head = nil
            answer(head, context)
        }
    }

    private func answer(_ head: HTTPRequestHead, _ context: ChannelHandlerContext) {
        let answer = WatchAnswer(head, content, hosts: hosts)
        if answer.status.code >= 400 {
            let peer = context.remoteAddress?.ipAddress ?? "somebody"
            log.say("\(answer.status.code) to \(peer) for", about: "\(head.method) \(head.uri)")
        }
        // Where many wait to get in, nobody keeps a place until the next question.
        let closes = !head.isKeepAlive || limit.isCrowded
        allow(Self.answerTime, context)
        context.write(wrapOutboundOut(.head(answer.head(version: head.version, closes: closes))), promise: nil)
        if head.method != .HEAD, !answer.body.isEmpty {
            context.write(wrapOutboundOut(.body(.byteBuffer(ByteBuffer(bytes: answer.body)))), promise: nil)
        }
        let done = context.eventLoop.makePromise(of: Void.self)
        done.futureResult.assumeIsolated().whenComplete { [self] _ in
            if closes { context.close(promise: nil) } else { allow(Self.requestTime, context) }
        }
        context.writeAndFlush(wrapOutboundOut(.end(nil)), promise: done)
    }

    func errorCaught(context: ChannelHandlerContext, error: any Error) { context.close(promise: nil) }

    /// Lets the connection go unless this is called again, or the connection ends, before the time is over.
    private func allow(_ time: TimeAmount, _ context: ChannelHandlerContext) {
        deadline?.cancel()
        guard context.channel.isActive else { return }
        deadline = context.eventLoop.assumeIsolated().scheduleTask(in: time) { context.close(promise: nil) }
    }
}

/// Accepts only so many connections at once; the others wait in the system's queue, which has its own bound.
final class ConnectionLimit: ChannelDuplexHandler {
    typealias InboundIn = any Channel
    typealias InboundOut = any Channel
    typealias OutboundIn = Never
    typealias OutboundOut = Never

    /// How many are open.
    final class Count: Sendable {
        private let number = Mutex(0)
        let most: Int
        init(most: Int) { self.most = most }

        var open: Int { number.withLock { $0 } }
        var isCrowded: Bool { open > most / 2 }
        fileprivate func add(_ change: Int) { number.withLock { $0 += change } }
    }

    private let count: Count
    private var isWaiting = false

    init(_ count: Count) { self.count = count }

    func read(context: ChannelHandlerContext) {
        if count.open < count.most { context.read() } else { isWaiting = true }
    }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        count.add(1)
        unwrapInboundIn(data).closeFuture.hop(to: context.eventLoop).assumeIsolated().whenComplete { [self] _ in
            count.add(-1)
            guard isWaiting else { return }
            isWaiting = false
            context.read()
        }
        context.fireChannelRead(data)
    }
}
