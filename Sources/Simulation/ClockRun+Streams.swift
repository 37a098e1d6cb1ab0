import Programs

/// The communication stream: collectives that go their way while the rank computes, one after the other.
extension ClockRun {
    struct CommunicationStream {
        struct Travel {
            /// Where its members meet; -1 if they arrive together.
            var place: Int
            var seconds: Double
            var issued: Double
            /// The rank's entry in the recording that sent it off.
            var entry: Int
        }
        /// Those of the pass at hand that have not ended, and when each that has did.
        var waiting: [Travel] = []
        var ends: [Double] = []
        /// How many ended in earlier passes.
        var earlier = 0
        /// When the last one ended.
        var free = 0.0
        /// The first of `waiting` has arrived where its members meet.
        var hasArrived = false
        /// The rank goes on when so many of the pass's collectives have ended.
        var awaited: Int?

        mutating func beginPass() {
            earlier += ends.count
            ends.removeAll(keepingCapacity: true)
        }
    }

    /// Sends a collective off; `group` is `nil` for members that arrive together.
    mutating func issue(_ group: Group?, _ seconds: Double, _ rank: Int) {
        let place = group.map { timed.places[rank][$0.index] } ?? -1
        let entry = (recorder?.entries[rank].count ?? 0) - 1
        clocks[rank].stream.waiting.append(
            .init(place: place, seconds: seconds, issued: clocks[rank].now, entry: entry))
        advanceStream(rank)
    }

    /// Takes a rank's communication stream as far as it goes without other ranks.
    private mutating func advanceStream(_ rank: Int) {
        while !clocks[rank].stream.hasArrived, let travel = clocks[rank].stream.waiting.first {
            let start = max(travel.issued, clocks[rank].stream.free)
            guard travel.place >= 0 else {
                endTravel(rank, from: start, to: start + travel.seconds, lastly: nil)
                continue
            }
            clocks[rank].stream.hasArrived = true
            streamMeetings[travel.place].arrive(rank, at: start, seconds: travel.seconds)
            let meeting = streamMeetings[travel.place]
            guard meeting.waiting.count == timed.attendance[travel.place] else { return }
            streamMeetings[travel.place] = Meeting()
            let last = recorder?.travel(of: meeting.last)
            for (member, _) in meeting.waiting {
                endTravel(member, from: meeting.latest, to: meeting.latest + meeting.seconds, lastly: last)
            }
            for (member, _) in meeting.waiting where member != rank { advanceStream(member) }
        }
    }

    /// Ends the first collective of a rank's stream, and wakes the rank if it waits for that.
    private mutating func endTravel(
        _ rank: Int, from start: Double, to end: Double, lastly last: StepRecording.TravelID?
    ) {
        let travel = clocks[rank].stream.waiting.removeFirst()
        clocks[rank].stream.hasArrived = false
        clocks[rank].stream.ends.append(end)
        clocks[rank].stream.free = end
        recorder?.travelled(
            rank, .init(entry: travel.entry, issued: travel.issued, start: start, end: end, last: last))
        guard let awaited = clocks[rank].stream.awaited, clocks[rank].stream.ends.count >= awaited else { return }
        clocks[rank].stream.awaited = nil
        runnable.append(rank)
    }

    /// Waits until so many of the pass's collectives have ended; `false` if that is not known yet.
    mutating func waitForStream(_ count: Int, _ rank: Int) -> Bool {
        guard clocks[rank].stream.ends.count >= count else {
            clocks[rank].stream.awaited = count
            return false
        }
        let (now, end) = (clocks[rank].now, clocks[rank].stream.ends[count - 1])
        clocks[rank].share.exposedCommunicationSeconds += max(0, end - now)
        clocks[rank].now = max(now, end)
        record(rank, from: now, ready: clocks[rank].now, .travel(clocks[rank].stream.earlier + count - 1))
        return true
    }
}
