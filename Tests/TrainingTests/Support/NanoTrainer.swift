import Diagnostics
import Fabrics
import Numerics
import Recipes
import Training

/// A trainer of nano on the shipped corpus, and what it told.
final class NanoTrainer {
    let trainer: Trainer
    private(set) var events: [TrainingEvent] = []

    init(
        _ folder: RunFolder, layout: Layout = Layout(microBatch: 16), fabric: (any Fabric)? = nil,
        _ change: (inout Recipe) -> Void = { _ in }
    ) throws {
        var recipe = try TestData.recipe("nano").on(layout)
        recipe.evaluation.samplesPerLanguage = 1
        change(&recipe)
        trainer = try Trainer(
            recipe: recipe, corpus: TestData.corpus(), fabric: fabric ?? LocalFabric(ranks: recipe.layout.ranks),
            kernels: KernelContext(instructionSet: nil, workers: 1), folder: folder)
    }

    func run(until step: Int, stop: StopRequest? = nil) throws(Diagnostic) -> TrainingEnd {
        try trainer.run(until: step, stop: stop) { events.append($0) }
    }

    /// Starts from the seed and runs.
    @discardableResult
    static func start(
        _ folder: RunFolder, until step: Int, layout: Layout = Layout(microBatch: 16),
        _ change: (inout Recipe) -> Void = { _ in }
    ) throws -> TrainingEnd {
        let nano = try NanoTrainer(folder, layout: layout, change)
        nano.trainer.initialize()
        return try nano.run(until: step)
    }

    /// What happened, in order: `step 1`, `checkpoint 1`, `evaluation 1` …; that a save begins is left out.
    var story: [String] {
        events.compactMap {
            switch $0 {
            case .saving: nil
            case .step(let record): "step \(record.step)"
            case .evaluation(let step, _): "evaluation \(step)"
            case .checkpoint(let saved): "checkpoint \(saved.step)"
            case .incident(let decision): "\(decision.action.rawValue) \(decision.step)"
            case .corruption(let finding): "\(finding.cause.rawValue) corruption \(finding.step)"
            }
        }
    }
}
