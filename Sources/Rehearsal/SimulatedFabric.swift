import Diagnostics
import Fabrics
import Numerics
import Scenarios

/// A network that loses, doubles, delays and alters messages, and the protocol that ranks speak over it.
///
/// Every message carries its number among those of one (from, to, tag) and a sum of its bytes, as the packets of an
/// InfiniBand reliable connection carry a sequence number and a checksum: what comes twice is dropped, what comes too
/// early waits, what is damaged or lost is sent again after a while, and after seven times in vain the connection fails.
/// Time passes in ``idle()``, when no rank can go on.
final class SimulatedFabric: Fabric {
    let placement: Placement
    let host = 0
    private let cluster: SimulatedCluster
    private var senders: [Stream: UInt64] = [:]
    private var receivers: [Stream: Receiver] = [:]
    private var timers: [Timer] = []
    /// Messages sent so far in a step, or in an evaluation.
    private var messagesOfStep = 0
    private var stepOfMessages = (step: 0, phase: FaultEvent.Phase.step)
    private(set) var messagesHeld = 0
    private(set) var bytesHeld = 0
    private(set) var bytesHeldMost = 0
    /// What each rank that waits was last refused.
    private var waits: [Int: Stream] = [:]
    /// Seconds after which a silent network is taken for a hang.
    private let patience: Double

    private struct Stream: Hashable { var from, to: Int, tag: UInt32 }

    private struct Frame {
        var stream: Stream
        var sequence: UInt64
        /// The sum that the sender has put with the bytes; worked out where a bit changes on the way, since it cannot but
        /// be right elsewhere.
        var sum: UInt64?
        var payload: Payload
        var attempt = 0
    }

    private final class Receiver {
        private var expected: UInt64 = 0
        private var ready: [Payload] = []
        private var taken = 0
        private var early: [UInt64: Payload] = [:]

        /// Takes in a frame that is whole, if it is new, and those that waited for it; calls `note` for each that can be read.
        func takeIn(_ frame: Frame, _ note: (Payload) -> Void) {
            guard frame.sequence >= expected else { return }
            guard frame.sequence == expected else {
                if early[frame.sequence] == nil { early[frame.sequence] = frame.payload }
                return
            }
            var next: Payload? = frame.payload
            while let payload = next {
                ready.append(payload)
                note(payload)
                expected += 1
                next = early.isEmpty ? nil : early.removeValue(forKey: expected)
            }
        }

        /// The oldest message that has not been read.
        func next() -> Payload? {
            guard taken < ready.count else { return nil }
            defer {
                taken += 1
                if taken == ready.count {
                    ready.removeAll(keepingCapacity: true)
                    taken = 0
                }
            }
            return ready[taken]
        }
    }

    private struct Timer {
        var time: Double
        var frame: Frame
        /// Whether the frame is sent again then, or arrives.
        var sendsAgain: Bool
    }

    init(ranks: Int, on cluster: SimulatedCluster, patience: Double) throws(Diagnostic) {
        placement = try Placement(ranks: ranks, hosts: 1)
        self.cluster = cluster
        self.patience = patience
    }

    // MARK: Sending

    func send(_ payload: Payload, from: Int, to: Int, tag: UInt32) {
        guard cluster.death == nil, cluster.hung != from else { return }
        if stepOfMessages != (cluster.step, cluster.phase) {
            (stepOfMessages, messagesOfStep) = ((cluster.step, cluster.phase), 0)
        }
        let stream = Stream(from: from, to: to, tag: tag)
        let sequence = senders[stream, default: 0]
        senders[stream] = sequence + 1
        let number = messagesOfStep
        messagesOfStep += 1
        transmit(
            Frame(stream: stream, sequence: sequence, payload: payload), number: number)
    }

    /// Puts a frame on the wire; `number` is its place among the step's first attempts.
    private func transmit(_ frame: Frame, number: Int?) {
        var frame = frame
        frame.attempt += 1
        guard frame.attempt <= cluster.links.retries + 1 else {
            return cluster.die(
                "link",
                "the link from rank \(frame.stream.from) to rank \(frame.stream.to) is down: "
                    + "\(cluster.links.retries) retries in vain")
        }
        var isLost = false
        var arrivals = 1
        var delay = 0.0
        for planned in faults(hitting: frame, number) {
            switch planned.event.kind {
            case .messageLost:
                cluster.happened(planned, "\(text(frame)) is lost")
                isLost = true
            case .flappingLink: isLost = true
            case .messageDuplicated:
                cluster.happened(planned, "\(text(frame)) comes twice")
                arrivals = 2
            case .messageDelayed:
                delay = max(planned.event.delay ?? 0, 0)
                cluster.happened(planned, "\(text(frame)) is \(cluster.text(delay)) s late")
            case .messageFlip:
                guard frame.payload.count > 0 else { continue }
                cluster.happened(planned, "a bit of \(text(frame)) changes on the way")
                arrive(flipped(frame, bit: planned.event.bit ?? 0))
                isLost = true
            default: break
            }
        }
        if isLost {
            timers.append(Timer(time: cluster.now + cluster.links.retrySeconds, frame: frame, sendsAgain: true))
        } else if delay > 0 {
            timers.append(Timer(time: cluster.now + delay, frame: frame, sendsAgain: false))
        } else {
            for _ in 0..<arrivals { arrive(frame) }
        }
    }

    private func faults(hitting frame: Frame, _ number: Int?) -> [SimulatedCluster.Planned] {
        cluster.active(Self.kinds).filter { isHit(frame, number, by: $0) }
    }

    private static let kinds: [FaultKind] = [
        .messageLost, .messageDuplicated, .messageDelayed, .messageFlip, .flappingLink,
    ]

    private func isHit(_ frame: Frame, _ number: Int?, by planned: SimulatedCluster.Planned) -> Bool {
        let first = planned.event.message ?? 0
        let isHere = planned.event.phase ?? .step == cluster.phase
        if planned.event.kind == .flappingLink {
            let (a, b) = (cluster.node(of: frame.stream.from), cluster.node(of: frame.stream.to))
            guard a != b, [a, b].contains(planned.event.node ?? 0) else { return false }
            guard planned.end != nil || number.map({ $0 >= first && isHere }) ?? false else { return false }
            return cluster.isDown(planned)
        }
        // The message that it hits, then the attempts to send that one again.
        guard let number else { return planned.countdown == -1 - Int(frame.sequence) }
        guard number == first, isHere else { return false }
        planned.countdown = -1 - Int(frame.sequence)
        return true
    }

    private func flipped(_ frame: Frame, bit: Int) -> Frame {
        var damaged = frame
        damaged.sum = frame.payload.withBytes { wordSum($0) }
        damaged.payload = Payload(byteCount: frame.payload.count) { memory in
            frame.payload.withBytes { memory.copyMemory(from: $0) }
            let place = bit % (8 * memory.count)
            memory[place / 8] ^= 1 << UInt8(place % 8)
        }
        return damaged
    }

    private func text(_ frame: Frame) -> String {
        "a message of \(frame.payload.count) bytes from rank \(frame.stream.from) to rank \(frame.stream.to)"
            + (cluster.evaluationWords.map { " in \($0)" } ?? "")
    }

    // MARK: Arriving

    /// Takes in a frame that is whole and new, and those that waited for it.
    private func arrive(_ frame: Frame) {
        if let sum = frame.sum, frame.payload.withBytes({ wordSum($0) }) != sum { return }
        receiver(frame.stream).takeIn(frame) { payload in
            messagesHeld += 1
            bytesHeld += payload.count
            bytesHeldMost = max(bytesHeldMost, bytesHeld)
        }
    }

    private func receiver(_ stream: Stream) -> Receiver {
        if let known = receivers[stream] { return known }
        let new = Receiver()
        receivers[stream] = new
        return new
    }

    func take(from: Int, to: Int, tag: UInt32) throws(Diagnostic) -> Payload? {
        try cluster.check()
        guard cluster.hung != to else { return nil }
        let stream = Stream(from: from, to: to, tag: tag)
        guard let payload = receivers[stream]?.next() else {
            waits[to] = stream
            return nil
        }
        waits[to] = nil
        messagesHeld -= 1
        bytesHeld -= payload.count
        return payload
    }

    func idle() throws(Diagnostic) {
        try cluster.check()
        guard let next = timers.indices.min(by: { timers[$0].time < timers[$1].time }) else { throw silence() }
        let timer = timers.remove(at: next)
        cluster.advance(to: timer.time)
        try cluster.check()
        if timer.sendsAgain { transmit(timer.frame, number: nil) } else { arrive(timer.frame) }
        try cluster.check()
    }

    /// Nothing is on its way and no rank can go on: after a while that is taken for a hang.
    private func silence() -> Diagnostic {
        cluster.advance(patience)
        let waiting = waits.keys.sorted().prefix(8).compactMap { rank in
            waits[rank].map { "rank \(rank) waits for rank \($0.from)" }
        }
        let text = waiting.isEmpty ? "no rank waits for another" : waiting.joined(separator: ", ")
        let place = cluster.evaluationWords.map { " in \($0)" } ?? ""
        cluster.die(
            "hang", "nothing has moved for \(cluster.text(patience)) s\(place): \(text)",
            remedy: "resume from the last checkpoint without the node of the rank that is waited for")
        return cluster.death?.diagnostic ?? Diagnostic("rehearsal.hang", "nothing moves", kind: .failure)
    }

    // MARK: All together

    func broadcast(_ bytes: [UInt8]) throws(Diagnostic) -> [UInt8] {
        try alive()
        return bytes
    }

    func gatherFromHosts(_ bytes: [UInt8]) throws(Diagnostic) -> [[UInt8]] {
        try alive()
        return [bytes]
    }

    func barrier() throws(Diagnostic) { try alive() }
    func finish() {}

    func abort(status: Int32) -> Never { preconditionFailure("a rehearsed job ends by throwing") }

    /// Throws where a rank is silent that all wait for.
    private func alive() throws(Diagnostic) {
        try cluster.check()
        if cluster.hung != nil { throw silence() }
    }
}
