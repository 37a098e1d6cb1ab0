import Diagnostics

/// Carries messages between virtual ranks, within a host by mailboxes and between hosts by a transport.
///
/// One thread calls, and no call blocks except ``idle()``, the host-level collectives and ``finish()``: an executor asks for a
/// message, and if it is not there goes on with another rank. Messages of one (from, to, tag) arrive in the order in
/// which they were sent; nothing else about the order of arrival is promised, and nothing may depend on it.
public protocol Fabric: AnyObject {
    /// Which host holds which ranks.
    var placement: Placement { get }
    /// This host's number, 0..<hosts.
    var host: Int { get }
    /// Bytes of messages that wait in mailboxes on this host, and of remote sends that have not ended.
    var bytesHeld: Int { get }
    /// The largest number of bytes that waited in mailboxes at one time.
    var bytesHeldMost: Int { get }
    /// Messages that wait in mailboxes on this host; 0 between the steps of a correct program.
    var messagesHeld: Int { get }

    /// Sends a payload, which may be shared by several sends, from a local rank; never blocks.
    func send(_ payload: Payload, from: Int, to: Int, tag: UInt32)
    /// Takes the oldest message of (from, to, tag) for a local rank, or returns `nil` when none has arrived.
    func take(from: Int, to: Int, tag: UInt32) throws(Diagnostic) -> Payload?
    /// Waits until something arrives from another host, when no local rank can run.
    ///
    /// Call it only after every local rank has been tried since the last message was sent or taken. Throws when nothing can ever
    /// arrive: with one host that is a deadlock of the ranks.
    func idle() throws(Diagnostic)
    /// The same, and throws `fabric.hang`, which says what every process waits for, when that takes longer than `patience`.
    func idle(patience: Duration?) throws(Diagnostic)
    /// From now on answers for this process when another asks what it waits for, and bounds the host-level collectives.
    func watch(_ watch: WaitWatch?)

    /// Host-level collective: the bytes that host 0 passed, on every host. The others' argument is not read.
    func broadcast(_ bytes: [UInt8]) throws(Diagnostic) -> [UInt8]
    /// Host-level collective: every host's bytes, in host order, on every host.
    func gatherFromHosts(_ bytes: [UInt8]) throws(Diagnostic) -> [[UInt8]]
    /// Host-level collective: returns when every host has called it.
    func barrier() throws(Diagnostic)
    /// Waits until all sends have ended; nothing is sent after it. The process itself leaves by ``HostProcess/finish()``.
    func finish()
    /// Ends the processes of all hosts at once with `status`; for a failure that the other hosts do not know of.
    func abort(status: Int32) -> Never
}

extension Fabric {
    // A fabric that knows no other process has nobody to ask, and nobody who asks.
    public func idle(patience: Duration?) throws(Diagnostic) { try idle() }
    public func watch(_ watch: WaitWatch?) {}

    /// All virtual ranks.
    public var ranks: Int { placement.ranks }
    /// The ranks on this host.
    public var localRanks: Range<Int> { placement.ranks(on: host) }
    /// The number of hosts.
    public var hosts: Int { placement.hosts }
    /// The host that holds `rank`.
    public func host(of rank: Int) -> Int { placement.host(of: rank) }

    /// Copies `bytes` and sends them; never blocks.
    public func send(_ bytes: UnsafeRawBufferPointer, from: Int, to: Int, tag: UInt32) {
        send(Payload(copying: bytes), from: from, to: to, tag: tag)
    }

    /// Receives a message of exactly `memory.count` bytes; `false` when it has not arrived yet.
    ///
    /// Throws when the message has another length.
    public func receive(
        into memory: UnsafeMutableRawBufferPointer, from: Int, to: Int, tag: UInt32
    ) throws(Diagnostic) -> Bool {
        guard let payload = try take(from: from, to: to, tag: tag) else { return false }
        guard payload.count == memory.count else {
            throw wrongLength(expected: memory.count, found: payload.count, from: from, to: to, tag: tag)
        }
        payload.withBytes { memory.copyMemory(from: $0) }
        return true
    }

    /// Host-level collective: whether every host passed the same value; the answer is the same on every host.
    public func allAgree(_ value: UInt64) throws(Diagnostic) -> Bool {
        let mine = withUnsafeBytes(of: value.littleEndian) { Array($0) }
        let all = try gatherFromHosts(mine)
        return all.allSatisfy { $0 == all[0] }
    }
}

/// The diagnostic for a message whose length is not what the receiver's program says.
func wrongLength(expected: Int, found: Int, from: Int, to: Int, tag: UInt32) -> Diagnostic {
    Diagnostic(
        "fabric.length", "the message from rank \(from) to rank \(to) with tag \(tag) has the wrong length",
        expected: "\(expected) bytes", found: "\(found) bytes", kind: .failure)
}
