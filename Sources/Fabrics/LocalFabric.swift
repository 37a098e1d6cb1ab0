import Diagnostics
import Foundation

/// The fabric of a single host: every rank is local, and a message is a place in a mailbox.
public final class LocalFabric: Fabric {
    public let placement: Placement
    public let host = 0
    private var mailboxes = Mailboxes()

    /// Makes a fabric of `ranks` ≥ 1 local ranks.
    public init(ranks: Int) throws(Diagnostic) {
        placement = try Placement(ranks: ranks, hosts: 1)
    }

    public var bytesHeld: Int { mailboxes.bytesHeld }
    public var bytesHeldMost: Int { mailboxes.bytesHeldMost }
    public var messagesHeld: Int { mailboxes.messagesHeld }

    public func send(_ payload: Payload, from: Int, to: Int, tag: UInt32) {
        precondition(localRanks.contains(from) && localRanks.contains(to), "no rank \(from) or \(to) here")
        mailboxes.put(payload, at: .init(from: from, to: to, tag: tag))
    }

    public func take(from: Int, to: Int, tag: UInt32) throws(Diagnostic) -> Payload? {
        mailboxes.take(.init(from: from, to: to, tag: tag))
    }

    public func idle() throws(Diagnostic) {
        throw deadlock(waiting: mailboxes)
    }

    public func broadcast(_ bytes: [UInt8]) throws(Diagnostic) -> [UInt8] { bytes }
    public func gatherFromHosts(_ bytes: [UInt8]) throws(Diagnostic) -> [[UInt8]] { [bytes] }
    public func barrier() throws(Diagnostic) {}
    public func finish() {}
    public func abort(status: Int32) -> Never { exit(status) }

    func _checkInvariants() { mailboxes._checkInvariants() }
}

/// The diagnostic for ranks that all wait, with what lies unread in their mailboxes.
func deadlock(waiting mailboxes: Mailboxes) -> Diagnostic {
    let unread = mailboxes.messagesHeld
    return Diagnostic(
        "fabric.deadlock", "deadlock: every rank waits for a message and none can arrive",
        found: unread == 0 ? "no message on its way" : "\(unread) unread (\(mailboxes.waiting()))", kind: .failure)
}
