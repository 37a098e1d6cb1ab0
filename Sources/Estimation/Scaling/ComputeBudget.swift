import ClusterProfiles
import Diagnostics
import Foundation
import Recipes

/// The model that makes the most of a number of accelerator-hours on a cluster.
///
/// How fast the cluster trains depends on the model's shape and layout, and the best size on how much is trained: both are
/// settled together, by estimating the shape, counting what the hours then buy, and taking the size that is best for that,
/// until the shape stays.
public struct ComputeBudget: Sendable, Equatable {
    public var question: Question
    /// The recipe that was estimated: shape, batch, layout and as many tokens as the hours buy.
    public var estimate: Estimate
    public var nodes: Int
    public var tokens: Double

    /// What is asked.
    public struct Question: Sendable, Equatable {
        public var acceleratorHours: Double
        /// `nil` for the power of two of nodes that uses up the hours nearest to `days`.
        public var nodes: Int?
        public var days = 30.0
        /// No more accelerators than these; `nil` for the cluster's.
        public var acceleratorsMax: Int?
        public var law = ScalingLaw.twentyTokens
        /// In place of what the law says; more makes a smaller model that costs less to use.
        public var tokensPerParameter: Double?
        public var family = Recipe.Model.Family.llama
        public var sequenceLength = 2048
        /// `nil` for that of the family's published models.
        public var vocabulary: Int?
        public var precision = Recipe.Precision.bfloat16
        public var style = EngineStyle.serre

        public init(acceleratorHours: Double) { self.acceleratorHours = acceleratorHours }
    }

    public var parameters: Int { estimate.recipe.parameterCount }
    /// 6·N·D floating-point operations.
    public var operations: Double { 6 * Double(parameters) * tokens }
    public var tokensPerParameter: Double { tokens / Double(parameters) }
    /// The loss that Hoffmann et al. 2022 predict, in nats per token of their corpus.
    public var loss: Double { LossLaw.hoffmann.loss(parameters: Double(parameters), tokens: tokens) }

    /// The most shapes that are tried on the way to the one that stays.
    static let roundsMax = 12

    /// Throws `budget.` codes for quantities out of range and for hours that train no model of this shape.
    public init(_ question: Question, on profile: ClusterProfile) throws(Diagnostic) {
        try question.validate()
        self.question = question
        nodes = try question.nodes(on: profile)
        let peak = try profile.peakOperationsPerSecond(question.precision)
        // A first guess of the speed; every later one is an estimate's.
        var operations = question.acceleratorHours * 3600 * peak * 0.4
        var tried: [Recipe.Model] = []
        var settled: (estimate: Estimate, tokens: Double, distance: Double)?
        while tried.count < Self.roundsMax {
            let model = question.shape(operations: operations)
            if tried.contains(model) { break }
            tried.append(model)
            guard let fastest = try LayoutChoice.fastest(question.recipe(model), nodes: nodes, on: profile) else {
                throw Self.fitsNowhere(model, nodes: nodes, profile)
            }
            let (estimate, tokens) = try question.spending(fastest)
            operations = 6 * Double(model.parameterCount) * tokens
            // Neighbouring shapes may each call for the other: the one nearest to the size it calls for stays.
            let distance = abs(log(question.parameters(operations: operations) / Double(model.parameterCount)))
            if distance <= settled?.distance ?? .infinity { settled = (estimate, tokens, distance) }
        }
        guard let settled else { throw Self.fitsNowhere(question.shape(operations: operations), nodes: nodes, profile) }
        guard settled.distance < 0.4 else {
            throw Diagnostic(
                "budget.shape",
                "no shape of the rule is near the size that these hours train best: the nearest has "
                    + "\(Lines.amount(Double(settled.estimate.recipe.parameterCount))) parameters",
                at: .init(key: "--accelerator-hours"), found: "\(question.acceleratorHours)",
                remedy: "pass a smaller --vocabulary, or other hours")
        }
        tokens = settled.tokens
        estimate = settled.estimate
    }

    private static func fitsNowhere(_ model: Recipe.Model, nodes: Int, _ profile: ClusterProfile) -> Diagnostic {
        Diagnostic(
            "budget.memory",
            "a model of \(Lines.amount(Double(model.parameterCount))) parameters, which these hours could train, fits no "
                + "layout on \(Lines.nodes(nodes)) of \(profile.name)", at: .init(key: "--nodes"),
            remedy: "pass more --nodes or fewer hours")
    }
}
