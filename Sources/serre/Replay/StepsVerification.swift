import Diagnostics
import Fabrics
import Foundation
import Ledger
import Recipes
import Replay
import Training

/// The levels of `serre runs verify` that do steps of the run again, in this process.
struct StepsVerification {
    let run: RunID
    let ledger: Ledger
    let places: ReplayPlaces
    let workers: WorkerArguments

    /// Repeats the steps after the last checkpoint before the end, or every step from the beginning, and adds what differs.
    func check(whole: Bool, _ report: inout VerificationReport) throws(Diagnostic) {
        let recorded = try RecordedRun(of: run, in: ledger)
        report.level = whole ? .run : .steps
        guard let range = recorded.range else {
            report.remarks.append("the record has no steps yet")
            return
        }
        report.remarks += recorded.contradictions.map { "the record contradicts itself: \($0)" }
        let scratch = try ScratchFolder("verify", HostProcess.start())
        defer { scratch.remove() }
        let fabric = try LocalFabric(ranks: recorded.recipe.layout.ranks)
        let replayer = try Replayer(
            recorded, recipe: recorded.recipe,
            corpus: places.openCorpus(of: recorded, fabric: fabric, scratch: scratch.path),
            fabric: fabric, kernels: workers.kernels(recorded.recipe, processes: 1), scratch: scratch.run("replay"))
        let start = try ReplayStart.nearest(
            before: range.upperBound, of: recorded, in: places.folders(of: recorded), wholeRun: whole)
        let result = try replayer.replay(from: start, through: range.upperBound) { (step, _) in
            Console.progress("repeating step \(step) of \(range.upperBound)")
        }
        Console.endProgress()
        report.remarks += start.passedOver.map { "not started from: \($0)" }
        report.count("repeated steps", result.steps)
        report.count("repeated digests", result.digests)
        report.count("repeated evaluations", result.evaluations)
        if let first = result.first {
            report.problems.append(
                VerificationProblem(
                    "step \(first.step): \(first.quantity.name)" + (first.tensor.map { " (\($0))" } ?? ""),
                    expected: first.expected, found: first.found, remedy: "serre runs bisect says where it parts"))
        }
    }
}
