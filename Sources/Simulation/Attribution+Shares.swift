import Programs

/// What the working part of every step of every pass is spent on.
struct PassBreakdowns {
    /// By track, pass and step.
    private let ofSteps: [[[Attribution.Breakdown]]]

    init(_ recording: StepRecording) {
        ofSteps = recording.programs.enumerated().map { track, program in
            program.passes.enumerated().map { index, pass in
                let timed = recording.timed.passes[track][index]
                return zip(timed.steps, recording.instructions[track][index]).map { step, range in
                    Self.breakdown(step, pass.instructions, range, timed)
                }
            }
        }
    }

    private static func breakdown(
        _ step: TimedPass.Step, _ instructions: [Instruction], _ range: Range<Int>, _ timed: TimedPass
    ) -> Attribution.Breakdown {
        var result = Attribution.Breakdown()
        guard case .run(let busy, let exposed) = step else { return result }
        var own = 0.0
        for index in range {
            let seconds = timed.timing.instructionSeconds[index]
            let category = TimeCategory(instructions[index].operation)
            let launch = category.kind == .busy ? min(seconds, timed.launchSeconds) : 0
            result[.launches] += launch
            result[category] += seconds - launch
            own += seconds
        }
        // Sums in another order differ by roundings.
        let rest = busy + exposed - own
        if rest > 1e-9 * own { result[.interference] += rest }
        return result
    }

    /// The working part of an entry; that of a collective which is entered counts for its group.
    func work(of entry: StepRecording.Entry, on track: Int, _ recording: StepRecording) -> Attribution.Breakdown {
        let pass = recording.action(entry, on: track).pass
        guard case .meet = recording.timed.passes[track][pass].steps[entry.step] else {
            return ofSteps[track][pass][entry.step]
        }
        var result = Attribution.Breakdown()
        result[recording.workCategory(of: entry, on: track)] = entry.end - entry.ready
        return result
    }
}

extension StepRecording {
    /// The step of one rank, by what it did and what it waited for.
    func breakdown(of track: Int, _ costs: PassBreakdowns) -> Attribution.Breakdown {
        var result = Attribution.Breakdown()
        for entry in tracks[track].entries {
            for wait in waits(of: entry, on: track) { result[wait.category] += wait.end - wait.start }
            guard entry.end > entry.ready else { continue }
            result.add(costs.work(of: entry, on: track, self), times: 1)
        }
        let last = lastWait(on: track)
        result[last.category] += last.end - last.start
        return result
    }
}
