import Programs

/// Collectives of the compute stream: they start when their last member arrives, and their members take part to the end.
extension ClockRun {
    struct Meeting {
        var waiting: [(rank: Int, since: Double)] = []
        var latest = 0.0
        var seconds = 0.0

        /// The first of those who came last.
        var last: Int { waiting.first { $0.since == latest }?.rank ?? 0 }

        mutating func arrive(_ rank: Int, at time: Double, seconds: Double) {
            waiting.append((rank, time))
            latest = max(latest, time)
            self.seconds = max(self.seconds, seconds)
        }
    }

    /// Brings a rank to its meeting; `false` if it must wait there for others.
    mutating func meet(_ group: Group, _ seconds: Double, _ rank: Int) -> Bool {
        if clocks[rank].met {
            clocks[rank].met = false
            return true
        }
        let place = timed.places[rank][group.index]
        meetings[place].arrive(rank, at: clocks[rank].now, seconds: seconds)
        guard meetings[place].waiting.count == timed.attendance[place] else { return false }
        let meeting = meetings[place]
        meetings[place].waiting.removeAll(keepingCapacity: true)
        meetings[place].seconds = 0
        let number = recorder?.meet(lastly: meeting.last) ?? 0
        for (member, since) in meeting.waiting {
            clocks[member].share.bubbleSeconds += meeting.latest - since
            clocks[member].share.exposedCommunicationSeconds += meeting.seconds
            clocks[member].now = meeting.latest + meeting.seconds
            record(member, from: since, ready: meeting.latest, .meeting(number))
            guard member != rank else { continue }
            clocks[member].met = true
            runnable.append(member)
        }
        return true
    }
}
