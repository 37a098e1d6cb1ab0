import Diagnostics
import Programs
import Recipes
import Simulation

/// Messages between stages: each keeps its link busy for a while, and an arrow leads to whoever takes it.
extension StepTrace {
    func messages(
        of rank: Shown, _ body: (TraceEvent) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        let program = recording.programs[rank.track]
        for row in [Row.toNextStage, .toPreviousStage] {
            for index in sent[rank.track] where recording.messages[index].row == row {
                let message = recording.messages[index]
                let action = recording.tracks[rank.track].entries[message.sendEntry].action
                guard program.isShown(action, microbatches) else { continue }
                try body(
                    .slice(
                        rank.thread(row), start: nanoseconds(message.departs), end: nanoseconds(message.left),
                        name: name(of: message), category: TimeCategory.pipelineTransfer.rawValue,
                        microbatch: program.actions[action].microbatch))
            }
        }
    }

    /// From the link of each message to what its receiver does when it has it.
    func arrows(_ body: (TraceEvent) throws(Diagnostic) -> Void) throws(Diagnostic) {
        let places = Set(ranks)
        var number = 0
        for rank in ranks.map(shown) {
            let coordinate = Coordinate(rank: rank.rank, in: recording.layout)
            for index in sent[rank.track] {
                let message = recording.messages[index]
                let receiver = shown(message.peer.rank(of: coordinate, in: recording.layout))
                // Ranks that fold together send to ranks that fold together.
                precondition(receiver.track == message.receiver, "a message to another class of ranks")
                guard places.contains(receiver.rank), let taken = message.receiveEntry,
                    isShown(message.sendEntry, rank.track), isShown(taken, receiver.track)
                else { continue }
                let arrival = recording.tracks[receiver.track].entries[taken].end
                number += 1
                try body(
                    .flow(
                        rank.thread(message.row), at: nanoseconds(message.departs), isStart: true, number: number,
                        name: name(of: message)))
                try body(
                    .flow(
                        receiver.thread(.compute), at: nanoseconds(arrival), isStart: false, number: number,
                        name: name(of: message)))
            }
        }
    }

    private func isShown(_ entry: Int, _ track: Int) -> Bool {
        recording.programs[track].isShown(recording.tracks[track].entries[entry].action, microbatches)
    }

    private func name(of message: StepRecording.Message) -> String {
        message.peer == .nextStage ? "activation" : "gradient"
    }
}

extension StepRecording.Message {
    fileprivate var row: StepTrace.Row { peer == .nextStage ? .toNextStage : .toPreviousStage }
}
