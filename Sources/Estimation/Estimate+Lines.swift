import Recipes
import Simulation

extension Estimate {
    /// The estimate for people: what it is of, the step, where its time goes, memory, and the whole run.
    public var lines: [String] {
        heading + [""] + stepLines + [""] + stageLines + [""] + memory.lines(profile) + [""] + campaignLines
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
        return Lines.pairs([
            (
                "step",
                "\(Lines.significant(secondsPerStep)) s for \(Lines.number(Double(tokens))) tokens"
                    + (intervalSecondsPerStep.map {
                        "; 80 % of measured steps take \(Lines.significant($0.lowerBound)) to "
                            + "\(Lines.significant($0.upperBound)) s"
                    } ?? "")
            ),
            ("throughput", "\(Lines.significant(tokensPerSecond)) tokens/s"),
            (
                "speed",
                "\(Lines.significant(operationsPerSecond / 1e12)) TFLOP/s per accelerator; "
                    + "MFU \(Lines.percent(modelUtilisation)), HFU \(Lines.percent(hardwareUtilisation))"
            ),
            ("bubble", "\(Lines.percent(step.bubbleFraction)) of the other time"),
        ])
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

    private var campaignLines: [String] {
        let run = campaign
        let carbon = run.carbon
        let cost = run.cost.map { "\(Lines.number($0.amount)) \($0.currency)" } ?? "unknown: the profile has no price"
        return Lines.pairs([
            (
                "whole run",
                "\(Lines.number(Double(run.steps))) steps, \(Lines.duration(run.seconds)), "
                    + "\(Lines.significant(run.acceleratorHours)) accelerator-hours"
            ),
            (
                "energy",
                "\(Lines.significant(run.energyKilowattHours / 1e3)) MWh at rated power, "
                    + "\(Lines.significant(run.idleKilowattHours / 1e3)) of it idle"
            ),
            (
                "carbon",
                "\(Lines.significant(carbon.total)) t CO₂e: \(Lines.significant(carbon.dynamic)) dynamic, "
                    + "\(Lines.significant(carbon.idle)) idle, \(Lines.significant(carbon.embodied)) embodied"
            ),
            ("cost", cost),
            ("failures", "unknown: the profile has no failure rate"),
        ])
    }
}
