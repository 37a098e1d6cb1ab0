import Recipes
import Tables

extension ComputeBudget {
    /// What another rule makes of the same operations.
    public struct Alternative: Sendable, Equatable {
        public var law: ScalingLaw
        public var parameters: Double
        public var tokens: Double
        /// By ``LossLaw/hoffmann``.
        public var loss: Double
    }

    /// All rules, for comparison.
    public var alternatives: [Alternative] {
        ScalingLaw.allCases.map { law in
            let optimum = law.optimum(operations: operations)
            return Alternative(
                law: law, parameters: optimum.parameters, tokens: optimum.tokens,
                loss: LossLaw.hoffmann.loss(parameters: optimum.parameters, tokens: optimum.tokens))
        }
    }

    /// The answer for people: the model, its run, what other rules say, and whose rules they are.
    public var lines: [String] {
        let heading =
            "\(Lines.significant(question.acceleratorHours)) accelerator-hours on \(Lines.nodes(nodes)) of "
            + "\(estimate.profile.name): \(Lines.number(Double(estimate.recipe.layout.ranks))) × "
            + estimate.profile.accelerator.name
        return [heading, ""] + modelLines + [""] + lawLines + [""] + sourceLines
    }

    private var modelLines: [String] {
        let (recipe, campaign) = (estimate.recipe, estimate.campaign)
        let model = recipe.model
        return Lines.pairs(
            [
                ("parameters", "\(Lines.number(Double(parameters))) (\(Lines.amount(Double(parameters))))"),
                (
                    "tokens",
                    "\(Lines.amount(tokens)), \(Lines.significant(tokensPerParameter)) per parameter; "
                        + "6·N·D = \(Lines.scientific(operations)) operations"
                ),
                (
                    "shape",
                    "\(model.family.rawValue), \(model.layers) layers × hidden \(Lines.number(Double(model.hidden))) × "
                        + "\(model.heads) heads, MLP \(Lines.number(Double(model.ffn)))"
                ),
                (
                    "loss",
                    "\(Lines.number(loss, decimals: 3)) nats per token, on the corpus and tokeniser of its source (below)"
                ),
            ] + layoutRows + [
                (
                    "step",
                    "\(Lines.significant(estimate.secondsPerStep)) s for \(Lines.number(Double(recipe.batch.global))) samples of "
                        + "\(Lines.number(Double(model.sequenceLength))) tokens; MFU \(Lines.percent(estimate.modelUtilisation))"
                ),
                (
                    "run",
                    "\(Lines.number(Double(campaign.steps))) steps, \(Lines.significant(campaign.days)) days, "
                        + "\(Lines.significant(campaign.acceleratorHours)) accelerator-hours"
                ),
            ])
    }

    /// A layout may say more than a line holds.
    private var layoutRows: [(String, String)] {
        let text = "\(estimate.recipe.layout), \(estimate.recipe.precision.rawValue)"
        return TextTable.wrapped(text, width: 86).enumerated().map { ($0.offset == 0 ? "layout" : "", $0.element) }
    }

    private var lawLines: [String] {
        let heading = ["same operations by", "parameters", "tokens", "tokens/parameter", "loss"]
        let rows = alternatives.map { other in
            [
                other.law.rawValue, Lines.amount(other.parameters), Lines.amount(other.tokens),
                Lines.significant(other.tokens / other.parameters), Lines.number(other.loss, decimals: 3),
            ]
        }
        return Lines.table([heading] + rows)
    }

    private var sourceLines: [String] {
        let rows =
            ScalingLaw.allCases.map { ($0.rawValue, $0.source) } + [
                ("loss", "predicted by Hoffmann et al. 2022, approach 3, in every row"),
                ("speed", "estimated for this shape and layout, not assumed"),
            ]
        return rows.flatMap { name, text in
            TextTable.wrapped("\(name): \(text)", width: 96).enumerated().map {
                ($0.offset == 0 ? "" : "    ") + $0.element
            }
        }
    }
}
