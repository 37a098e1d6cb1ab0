import ArgumentParser
import ClusterProfiles
import Diagnostics
import Numerics
import Recipes
import Simulation

/// How long the processes of a run wait for each other before they end it.
struct WatchdogArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Under mpirun: end the run, and say which rank waits for whom, when one waits this many times longer than --cluster's clock expects there, or than the slowest step of late; at least 60 s. Or after a length of time such as 90s; or off.",
            valueName: "factor|duration|off"))
    var watchdog = "20"

    /// The watchdog of a run of this recipe, its expectations from the profile if there is one; `nil` for none.
    func watchdog(_ recipe: Recipe, on profile: ClusterProfile?) throws(Diagnostic) -> Watchdog? {
        guard let limit = try limit() else { return nil }
        var expected: ExpectedWaits?
        if let profile, case .factor = limit { expected = try ExpectedWaits(StepRecording(recipe, on: profile)) }
        // Twelve bytes of state a parameter, onto a disk that is slower than most.
        let saving = Duration.seconds(Double(recipe.parameterCount) * 12 / 20e6)
        return Watchdog(limit, expected: expected, savePatience: saving)
    }

    /// Throws `train.watchdog` for a text that is no limit.
    func limit() throws(Diagnostic) -> Watchdog.Limit? {
        if watchdog == "off" { return nil }
        if let duration = DurationText(watchdog), duration.seconds > 0 { return .fixed(.seconds(duration.seconds)) }
        guard let factor = Double(watchdog), factor >= 1, factor <= 1e6 else {
            throw Diagnostic(
                "train.watchdog", "--watchdog is neither a factor nor a length of time",
                expected: "off, a number from 1 to 1000000, or such as 90s or 5m", found: watchdog)
        }
        return .factor(factor)
    }
}

extension ExpectedWaits {
    /// What the clock expects of each instruction: the time from the end of what its rank did before to its own end.
    init(_ recording: StepRecording) {
        self.init(stepSeconds: recording.timing.seconds) { rank, action, instruction in
            let number = recording.track(of: rank)
            let track = recording.tracks[number]
            if let entry = track.entries(ofAction: action).first(where: {
                recording.instructions(of: $0, on: number).contains(instruction)
            }) {
                return entry.end - entry.start
            }
            return nil
        }
    }
}

extension StepRecording.Track {
    /// The entries of an action, which lie together.
    fileprivate func entries(ofAction action: Int) -> ArraySlice<StepRecording.Entry> {
        var (low, high) = (0, entries.count)
        while low < high {
            let middle = (low + high) / 2
            if entries[middle].action < action { low = middle + 1 } else { high = middle }
        }
        return entries[low...].prefix { $0.action == action }
    }
}
