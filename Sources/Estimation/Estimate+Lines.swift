import Recipes
import Simulation
import Tables

extension Estimate {
    /// The estimate for people: what it is of, the step, where its time goes, memory, and the whole run.
    public var lines: [String] {
        heading + [""] + stepLines + [""] + stageLines + [""] + memory.lines(profile) + [""]
            + campaign.lines(on: profile)
    }

    private var heading: [String] {
        let layout = recipe.layout
        return [
            "\(recipe.name) on \(profile.name): \(Lines.number(Double(layout.ranks))) × \(profile.accelerator.name)",
            "tensor \(layout.tensor) × pipeline \(layout.pipeline) × data \(layout.data), "
                + "micro-batch \(layout.microBatch), \(layout.schedule.rawValue), ZeRO-\(layout.zero), recompute \(layout.recompute.rawValue), "
                + recipe.precision.rawValue,
        ]
    }

    private var stepLines: [String] {
        let tokens = recipe.batch.global * recipe.model.sequenceLength
        return Lines.pairs(
            [
                (
                    "step",
                    "\(Lines.significant(secondsPerStep)) s for \(Lines.number(Double(tokens))) tokens"
                )
            ] + intervalRows + [
                ("throughput", "\(Lines.significant(tokensPerSecond)) tokens/s"),
                (
                    "speed",
                    "\(Lines.significant(operationsPerSecond / 1e12)) TFLOP/s per accelerator; "
                        + "MFU \(Lines.percent(modelUtilisation)), HFU \(Lines.percent(hardwareUtilisation))"
                ),
                (
                    "bubble",
                    "\(Lines.percent(step.bubbleFraction)) of the step, "
                        + "\(Lines.percent(step.bubbleOverhead)) of its other time"
                ),
            ] + contractRows + attributionRows)
    }

    /// Serre's own contracts are chains of fused multiply-adds, which no accelerator's matrix units promise.
    private var contractRows: [(String, String)] {
        guard recipe.layout.style == .serre, recipe.precision != .float32, profile.accelerator.kernels != nil else {
            return []
        }
        let text =
            "products at the rate of \(profile.accelerator.name)'s matrix units; those add in an order of their own, "
            + "not \(recipe.numerics.rawValue)'s"
        return TextTable.wrapped(text, width: 86).enumerated().map { ($0.offset == 0 ? "contract" : "", $0.element) }
    }

    /// The interval of the step's time, whose measured steps it rests on, and whether it is of a larger run than those.
    private var intervalRows: [(String, String)] {
        guard let interval = intervalSecondsPerStep,
            let basis = IntervalBasis(profile, isOneNode: recipe.layout.ranks <= profile.nodes.acceleratorsPerNode)
        else { return [] }
        let range = "\(Lines.significant(interval.lowerBound)) to \(Lines.significant(interval.upperBound)) s"
        let text = "\(range), \(basis.text(for: recipe.layout.style))" + (extrapolation.map { "; \($0.text)" } ?? "")
        return TextTable.wrapped(text, width: 86).enumerated().map { ($0 == 0 ? "interval" : "", $1) }
    }

    private var attributionRows: [(String, String)] {
        (attribution?.summary(width: 86) ?? []).enumerated().map { ($0 == 0 ? "time" : "", $1) }
    }

    private var stageLines: [String] {
        let heading = ["stage", "busy s", "exposed communication s", "bubble s"]
        return Lines.table(
            [heading]
                + step.stages.map { stage in
                    [
                        "\(stage.stage)", Lines.significant(stage.share.busySeconds),
                        Lines.significant(stage.share.exposedCommunicationSeconds),
                        Lines.significant(stage.share.bubbleSeconds),
                    ]
                })
    }
}
