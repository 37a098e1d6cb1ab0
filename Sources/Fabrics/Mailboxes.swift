/// Messages that have been sent to local ranks and not yet taken: first in, first out for each (from, to, tag).
struct Mailboxes {
    /// Whose message, for whom, about what.
    struct Address: Hashable {
        var from: Int
        var to: Int
        var tag: UInt32
    }

    private var queues: [Address: Queue<Payload>] = [:]
    /// Bytes of the payloads that stand in a mailbox now; a payload sent to several receivers counts once.
    private(set) var bytesHeld = 0
    /// The largest ``bytesHeld`` so far.
    private(set) var bytesHeldMost = 0
    /// Messages that stand in a mailbox now.
    private(set) var messagesHeld = 0

    /// Appends a message to its mailbox.
    mutating func put(_ payload: Payload, at address: Address) {
        queues[address, default: Queue()].append(payload)
        messagesHeld += 1
        payload.places += 1
        if payload.places == 1 {
            bytesHeld += payload.count
            bytesHeldMost = max(bytesHeldMost, bytesHeld)
        }
    }

    /// Takes the oldest message of a mailbox, or nothing when there is none or its bytes are still on their way.
    mutating func take(_ address: Address) -> Payload? {
        guard queues[address]?.first?.hasArrived == true, let payload = queues[address]?.popFirst() else { return nil }
        // An empty mailbox leaves: tags are used once, and a run has no bound on them.
        if queues[address]?.isEmpty == true { queues[address] = nil }
        messagesHeld -= 1
        payload.places -= 1
        if payload.places == 0 { bytesHeld -= payload.count }
        return payload
    }

    /// The first few waiting messages in the order of (to, from, tag), as text for a diagnostic.
    func waiting(limit: Int = 4) -> String {
        let addresses = queues.keys.sorted { ($0.to, $0.from, $0.tag) < ($1.to, $1.from, $1.tag) }
        let named = addresses.prefix(limit).map { "\($0.from) → \($0.to) tag \($0.tag)" }
        return named.joined(separator: ", ") + (addresses.count > limit ? ", …" : "")
    }

    func _checkInvariants() {
        precondition(queues.values.allSatisfy { !$0.isEmpty }, "an empty mailbox was kept")
        precondition(queues.values.reduce(0) { $0 + $1.count } == messagesHeld, "messages are miscounted")
        precondition(bytesHeld >= 0 && bytesHeld <= bytesHeldMost, "bytes are miscounted")
    }
}
