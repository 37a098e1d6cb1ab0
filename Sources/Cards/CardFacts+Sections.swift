import Foundation
import Ledger
import Recipes

/// Sections that a model's card and a run's have in common.
extension CardFacts {
    var serre: String {
        let serre = manifest.serre
        let source = serre.sourceCommit.map {
            ", source commit `\($0)`\(serre.sourceDirty == true ? " with changes" : "")"
        }
        return serre.version + (source ?? "")
    }

    /// The architecture as the recipe has it.
    var architecture: String {
        let model = recipe.model
        return
            "\(model.family.rawValue), \(CardText.counted(model.layers, "layer")) of width \(CardText.grouped(model.hidden)), "
            + "\(CardText.counted(model.heads, "head")), \(CardText.grouped(model.vocabulary)) tokens, "
            + "sequences of \(CardText.grouped(model.sequenceLength))"
    }

    var trainingSection: String {
        let optimizer = recipe.optimizer
        var rows = [
            ["architecture", architecture], ["parameters", CardText.grouped(recipe.parameterCount)],
            ["precision", "\(recipe.precision.rawValue), numerics \(recipe.numerics.rawValue)"],
            ["batch", "\(CardText.grouped(recipe.batch.global)) sequences"],
            [
                "learning rate",
                "\(optimizer.learningRatePeak) at most, \(optimizer.learningRateMinimum) at least, warm-up over "
                    + "\(CardText.grouped(optimizer.warmupSamples)) samples",
            ],
            ["optimiser", "AdamW, β \(optimizer.beta1) and \(optimizer.beta2), weight decay \(optimizer.weightDecay)"],
            ["seed", "\(recipe.seed)"],
            [
                "layout",
                "\(recipe.layout), on \(CardText.counted(manifest.hosts ?? 1, "process"))".replacing(
                    "processs", with: "processes"),
            ],
        ]
        if let step = lastStep {
            rows.append([
                "trained",
                "\(CardText.counted(step.step, "step")), \(CardText.grouped(step.samples)) sequences, "
                    + "\(CardText.grouped(step.tokens)) tokens",
            ])
            if let loss = step.loss { rows.append(["last training loss", "\(CardText.figure(loss)) nats per token"]) }
        }
        if stepSeconds > 0 { rows.append(["time of the steps", CardText.seconds(stepSeconds)]) }
        if let hardware { rows.append(["computed on", hardware]) }
        return "## Training\n\n" + CardText.table(["", ""], rows)
    }

    var dataSection: String {
        var text = "## Data\n\n"
        guard !languages.isEmpty else {
            return text + "The record does not say what the run learned from."
        }
        let all = languages.reduce(0) { $0 + $1.tokens }
        text += "\(CardText.grouped(all)) tokens in \(CardText.counted(languages.count, "language")); digest "
        text += "`\(manifest.dataDigest ?? "unknown")`.\n\n"
        let rows = languages.map { language in
            [
                language.code, CardText.grouped(language.documents), CardText.grouped(language.tokens),
                "\(CardText.figure(100 * Double(language.tokens) / Double(max(all, 1)))) %",
            ]
        }
        return text + CardText.table(["language", "documents", "tokens", "of all"], figures: [1, 2, 3], rows)
    }

    var evaluationSection: String {
        guard let evaluation else {
            return "## Evaluation\n\nNothing was evaluated on held-out text."
        }
        let rows = evaluation.bitsPerByte.map { [$0.language, CardText.figure($0.value)] }
        return "## Evaluation\n\nBits per byte of held-out text after step \(CardText.grouped(evaluation.step)); "
            + "lower is better, and tokenisers do not matter.\n\n"
            + CardText.table(["language", "bits per byte"], figures: [1], rows)
    }

    var energySection: String {
        let heading = "## Energy and carbon\n\n"
        guard let energy, let total = energy.total else {
            return heading + "Unknown: \(energy?.absent ?? "the record does not tell")."
        }
        var text = heading + "\(CardText.joules(total.joules))"
        if let grams = total.carbonGrams {
            text += ", \(CardText.grams(grams)) of CO₂ equivalent"
        } else {
            text += "; carbon unknown: \(energy.carbonAbsent ?? "the record does not tell")"
        }
        text += ", for steps \(total.firstStep) to \(total.lastStep), those done again counted again"
        if let basis = energy.basis { text += " (\(basis))" }
        return text + ". Research, failed runs and what follows training are not in it."
    }

    var checkingSection: String {
        """
        ## Checking it

        The record is `refs/serre/runs/\(run)` in the repository in which the run was made; its newest commit is \
        `\(record.summary.tip)`. It can be falsified by replaying the run; it does not prove that the machine which ran \
        it was honest.

        ```sh
        serre runs fetch origin
        serre runs verify \(run) --level record
        serre runs replay \(run)
        ```
        """
    }
}
