import ArgumentParser
import Estimation

/// What an estimate assumes of the whole run.
struct CampaignArguments: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "Steps between two checkpoints, or optimal, after Young and Daly (default: the recipe's; optimal where that is 0).",
            valueName: "steps"))
    var checkpointEvery: CheckpointEvery?
    @Option(
        help: "The next job waits behind the one before and starts at once (chained), or waits for its turn (queued).")
    var jobs: Campaign.Jobs = .chained
    @Option(
        help: "Nodes held idle to stand in for those that fail (default: none; the cluster's other nodes stand in).")
    var spareNodes: Int?
    @Option(
        help: ArgumentHelp(
            "One accelerator of the busiest stage computes so many times slower (default: all are equal).",
            valueName: "factor"))
    var slowNode: Double?
    @Option(help: "Simulated runs, drawn from the recipe's seed, that the intervals come from.")
    var runs: Int = 1000

    func validate() throws {
        if let spareNodes, !(0...1_000_000).contains(spareNodes) {
            throw ValidationError("--spare-nodes takes a whole number from 0 to 1000000.")
        }
        if let slowNode, !(1...1000).contains(slowNode) {
            throw ValidationError("--slow-node takes a number from 1 to 1000.")
        }
        let runsMin = Campaign.Options.runsMin
        if !(runsMin...100_000).contains(runs) {
            throw ValidationError(
                "--runs takes a whole number from \(runsMin) to 100000; fewer than \(runsMin) give no interval.")
        }
    }

    var options: Campaign.Options {
        var options = Campaign.Options()
        options.checkpoints = checkpointEvery?.value ?? .recipe
        options.jobs = jobs
        options.spareNodes = spareNodes
        options.slowNode = slowNode
        options.runs = runs
        return options
    }
}

/// A number of steps, or the word optimal.
struct CheckpointEvery: ExpressibleByArgument {
    var value: Campaign.Checkpoints

    init?(argument: String) {
        if argument == "optimal" {
            value = .optimal
        } else if let steps = Int(argument), (1...1_000_000_000).contains(steps) {
            value = .every(steps: steps)
        } else {
            return nil
        }
    }
}

extension Campaign.Jobs: ExpressibleByArgument {}
