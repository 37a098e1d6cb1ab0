import Diagnostics
import Foundation

/// The fabric of several hosts: ranks of one host by mailboxes, those of different hosts by MPI point-to-point messages.
///
/// Sends are non-blocking and keep their payload until MPI has done with it; whatever arrives from other hosts goes into the
/// mailboxes. A failure while sending is told by the next ``take(from:to:tag:)`` or ``idle()``.
public final class MPIFabric: Fabric {
    public let placement: Placement
    public let host: Int
    private let world: MPIWorld
    private let patience: Duration
    private var mailboxes = Mailboxes()
    /// Sends and receives that have not ended, oldest first, for each other host.
    private var outgoing: [Queue<Transfer>]
    private var incoming: [Queue<Transfer>]
    private var outgoingBytes = 0
    /// Whether a message has come in since ``idle()`` last returned: some rank that was tried before may now run.
    private var hasNews = false
    private var failure: Diagnostic?
    private var polls = 0
    private let headerMemory = UnsafeMutableRawBufferPointer.allocate(byteCount: MPIWire.largestInline, alignment: 64)

    /// One MPI operation on a piece of a payload.
    private struct Transfer {
        var request: MPIRequest
        var payload: Payload
        var bytes: Int
        var isLast: Bool
    }

    init(world: MPIWorld, placement: Placement, patience: Duration) {
        precondition(placement.hosts == world.size, "a placement on another number of hosts")
        self.world = world
        self.placement = placement
        self.patience = patience
        host = world.rank
        outgoing = Array(repeating: Queue(), count: world.size)
        incoming = Array(repeating: Queue(), count: world.size)
        world.duties = (0..<placement.hosts).map { placement.duty(of: $0) }
        world.lookout?.setDuties(world.duties)
    }

    deinit { headerMemory.deallocate() }

    public var bytesHeld: Int { mailboxes.bytesHeld + outgoingBytes }
    public var bytesHeldMost: Int { mailboxes.bytesHeldMost }
    public var messagesHeld: Int { mailboxes.messagesHeld }

    public func send(_ payload: Payload, from: Int, to: Int, tag: UInt32) {
        precondition(localRanks.contains(from), "rank \(from) is not on this host")
        let address = Mailboxes.Address(from: from, to: to, tag: tag)
        let target = placement.host(of: to)
        guard target != host else { return mailboxes.put(payload, at: address) }
        guard failure == nil else { return }
        do throws(Diagnostic) {
            try post(payload, address, to: target)
        } catch {
            failure = error
        }
    }

    public func take(from: Int, to: Int, tag: UInt32) throws(Diagnostic) -> Payload? {
        precondition(localRanks.contains(to), "rank \(to) is not on this host")
        let address = Mailboxes.Address(from: from, to: to, tag: tag)
        if let payload = mailboxes.take(address) { return payload }
        guard !localRanks.contains(from) else { return nil }
        try progress()
        return mailboxes.take(address)
    }

    public func idle() throws(Diagnostic) { try idle(patience: nil) }

    public func idle(patience limit: Duration?) throws(Diagnostic) {
        if hosts == 1 { throw deadlock(waiting: mailboxes) }
        var pause = Pause()
        let start = ContinuousClock.now
        try progress()
        while !hasNews {
            pause.next()
            try progress()
            guard !hasNews, pause.isLong else { continue }
            let waited = ContinuousClock.now - start
            if let limit, waited > limit { throw try world.hang(after: waited) }
            if waited > patience { throw silence() }
        }
        hasNews = false
    }

    public func watch(_ watch: WaitWatch?) {
        world.collectivePatience = watch?.collectivePatience
        guard let watch else { return world.rollCall.account = { "it has no step at hand" } }
        world.rollCall.account = { [unowned world] in
            world.isMeeting ? "it has done its step and waits for all processes to meet" : watch.account()
        }
    }

    // These stand between steps, a good time to let go of sends that have ended.
    public func broadcast(_ bytes: [UInt8]) throws(Diagnostic) -> [UInt8] {
        try progress()
        return try world.broadcast(bytes)
    }

    public func gatherFromHosts(_ bytes: [UInt8]) throws(Diagnostic) -> [[UInt8]] {
        try progress()
        return try world.gather(bytes)
    }

    public func barrier() throws(Diagnostic) {
        try world.barrier()
        try progress()
    }

    public func abort(status: Int32) -> Never { world.abort(status: status) }

    public func finish() {
        var pause = Pause()
        while failure == nil, outgoing.contains(where: { !$0.isEmpty }) {
            do throws(Diagnostic) { try progress() } catch { return }
            pause.next()
        }
    }

    /// Sends header and payload to another host.
    private func post(_ payload: Payload, _ address: Mailboxes.Address, to target: Int) throws(Diagnostic) {
        let header = MPIWire(address: address, count: payload.count)
        let isInline = header.isInline
        let first = Payload(byteCount: MPIWire.headerSize + (isInline ? payload.count : 0)) { memory in
            header.write(to: memory)
            guard isInline else { return }
            UnsafeMutableRawBufferPointer(rebasing: memory[MPIWire.headerSize...]).copyMemory(
                from: UnsafeRawBufferPointer(payload.memory))
        }
        try post(first, 0..<first.count, tag: MPIWire.headerTag, to: target)
        guard !isInline else { return }
        for piece in MPIWire.pieces(of: payload.count) {
            try post(payload, piece, tag: MPIWire.pieceTag, to: target)
        }
    }

    private func post(_ payload: Payload, _ piece: Range<Int>, tag: Int32, to target: Int) throws(Diagnostic) {
        let bytes = UnsafeRawBufferPointer(rebasing: payload.memory[piece])
        var request = try world.send(bytes, to: target, tag: tag)
        guard try !request.hasEnded() else { return }
        outgoing[target].append(Transfer(request: request, payload: payload, bytes: piece.count, isLast: false))
        outgoingBytes += piece.count
    }

    /// Takes in what has arrived from other hosts and lets go of what has left. A failure stays: MPI's handles are gone.
    private func progress() throws(Diagnostic) {
        if let failure { throw failure }
        do throws(Diagnostic) {
            try advance()
        } catch {
            failure = error
            throw error
        }
    }

    private func advance() throws(Diagnostic) {
        polls &+= 1
        if polls % 64 == 0 { try world.rollCall.tend() }
        while let (source, count) = try world.receiveFromAny(headerMemory, tag: MPIWire.headerTag) {
            try accept(UnsafeRawBufferPointer(rebasing: headerMemory[..<count]), from: source)
        }
        for other in 0..<hosts where other != host {
            while let ended = try popEnded(&incoming[other]) {
                if ended.isLast {
                    ended.payload.hasArrived = true
                    hasNews = true
                }
            }
            while let ended = try popEnded(&outgoing[other]) { outgoingBytes -= ended.bytes }
        }
    }

    /// Removes the oldest transfer if it has ended.
    private func popEnded(_ queue: inout Queue<Transfer>) throws(Diagnostic) -> Transfer? {
        guard var oldest = queue.first else { return nil }
        return try oldest.request.hasEnded() ? queue.popFirst() : nil
    }

    /// Puts a message into its mailbox: whole, or as a place that its pieces will fill.
    private func accept(_ message: UnsafeRawBufferPointer, from source: Int) throws(Diagnostic) {
        guard let header = MPIWire(message), localRanks.contains(header.address.to),
            placement.ranks(on: source).contains(header.address.from)
        else {
            throw Diagnostic("fabric.header", "process \(source) sent a message for no rank here", kind: .failure)
        }
        if header.isInline {
            let body = UnsafeRawBufferPointer(rebasing: message[MPIWire.headerSize...])
            mailboxes.put(Payload(copying: body), at: header.address)
            hasNews = true
            return
        }
        let payload = Payload(arrivingByteCount: header.count)
        mailboxes.put(payload, at: header.address)
        for piece in MPIWire.pieces(of: header.count) {
            let memory = UnsafeMutableRawBufferPointer(rebasing: payload.memory[piece])
            let request = try world.receive(memory, from: source, tag: MPIWire.pieceTag)
            incoming[source].append(
                Transfer(
                    request: request, payload: payload, bytes: piece.count, isLast: piece.upperBound == header.count))
        }
    }

    private func silence() -> Diagnostic {
        Diagnostic(
            "fabric.silence", "nothing has arrived from the other processes for \(patience.components.seconds) s",
            found: "\(mailboxes.messagesHeld) unread messages (\(mailboxes.waiting()))",
            remedy: "look whether another process has stopped, and start again from the last checkpoint", kind: .failure
        )
    }

    func _checkInvariants() {
        mailboxes._checkInvariants()
        precondition(outgoing[host].isEmpty && incoming[host].isEmpty, "a host sends to itself by MPI")
    }
}
