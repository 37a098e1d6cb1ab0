import Diagnostics
import Programs
import Recipes
import Synchronization

/// How many instructions each rank of a layout runs.
struct InstructionCounts: Sendable {
    /// In a step of the smallest batch.
    var step: [Int] = []
    /// In the first batch of an evaluation.
    var evaluation: [Int] = []

    /// `samples` is what an evaluation's first batch has; a global batch if `nil`.
    init(_ recipe: Recipe, evaluating samples: Int?) throws(Diagnostic) {
        for rank in 0..<recipe.layout.ranks {
            let sized = try Lowering.programsByBatch(recipe, at: Coordinate(rank: rank, in: recipe.layout))
            func count(_ actions: [Action], _ program: Program) -> Int {
                actions.reduce(0) { $0 + program.passes[$1.pass].instructions.count }
            }
            step.append(sized.map { count($0.program.actions, $0.program) }.min() ?? 0)
            let program = sized[sized.count - 1].program
            let actions = Lowering.evaluationActions(of: program, recipe: recipe, samples: samples)
            evaluation.append(count(actions, program))
        }
    }
}

/// The counts of the layouts that were asked for, each counted once.
final class InstructionTally: Sendable {
    private let known = Mutex<[String: InstructionCounts]>([:])

    func counts(_ recipe: Recipe, evaluating samples: Int?) throws(Diagnostic) -> InstructionCounts {
        let key = "\(recipe.layout)"
        if let counts = known.withLock({ $0[key] }) { return counts }
        let counts = try InstructionCounts(recipe, evaluating: samples)
        known.withLock { $0[key] = counts }
        return counts
    }
}
