import Programs

/// Messages between neighbouring stages: they leave one after the other, and their sender goes on.
extension ClockRun {
    struct Message {
        /// Counted over all messages of the step.
        var number: Int
        var sent, arrives: Double
    }

    struct Inbox {
        var messages: [Message] = []
        var taken = 0
        var isAwaited = false
    }

    mutating func send(_ peer: Peer, link: Double, latency: Double, from rank: Int) {
        let now = clocks[rank].now
        record(rank, from: now)
        let forward = peer == .nextStage
        let target = forward ? timed.next[rank] : timed.previous[rank]
        guard target >= 0 else { return }
        let departs = max(now, clocks[rank].linkFree[forward ? 0 : 1])
        let left = departs + link
        clocks[rank].linkFree[forward ? 0 : 1] = left
        // What I send to my next stage comes to it from its previous one.
        let side = forward ? 1 : 0
        inboxes[target][side].messages.append(Message(number: messagesSent, sent: now, arrives: left + latency))
        messagesSent += 1
        recorder?.sent(by: rank, to: target, peer, sent: now, departs: departs, left: left, arrives: left + latency)
        if inboxes[target][side].isAwaited {
            inboxes[target][side].isAwaited = false
            runnable.append(target)
        }
    }

    /// Takes the next message from a peer; `false` if there is none yet.
    mutating func receive(_ peer: Peer, _ rank: Int) -> Bool {
        let side = peer == .nextStage ? 0 : 1
        let taken = inboxes[rank][side].taken
        guard taken < inboxes[rank][side].messages.count else {
            inboxes[rank][side].isAwaited = true
            return false
        }
        let message = inboxes[rank][side].messages[taken]
        inboxes[rank][side].taken += 1
        let now = clocks[rank].now
        if message.arrives > now {
            // Before the message was sent there was nothing to wait for but the sender.
            let bubble = max(0, message.sent - now)
            clocks[rank].share.bubbleSeconds += bubble
            clocks[rank].share.exposedCommunicationSeconds += message.arrives - now - bubble
            clocks[rank].now = message.arrives
        }
        recorder?.taken(message.number, by: rank)
        record(rank, from: now, ready: clocks[rank].now, .message(message.number))
        return true
    }
}
