import Diagnostics
import Foundation
import Training

/// Why a run need not, or must not, begin.
extension TrainingSession {
    /// Whether the kill-switch is there, as the lead sees it; it says so, and nothing is trained or written.
    func isHeldBack() throws(Diagnostic) -> Bool {
        guard let killSwitch = arguments.killSwitch else { return false }
        let isThere = isLead && FileManager.default.fileExists(atPath: killSwitch)
        guard try fabric.broadcast([isThere ? 1 : 0]) == [1] else { return false }
        if isLead {
            Console.note("Nothing was trained: the kill-switch \(killSwitch) exists. Remove it, then start this again.")
        }
        return true
    }

    /// Says so when a resumed run has nothing left to do, and records nothing.
    func saidDone() throws(Diagnostic) -> Bool {
        guard let resumed else { return false }
        let step = resumed.checkpoint.index.step
        guard step >= min(arguments.lastStep ?? recipe.plannedSteps, recipe.plannedSteps) else { return false }
        try resumed.checkpoint.check(against: recipe)
        guard isLead else { return true }
        Console.note("\(resumed.folder.name) is already at step \(step) of \(recipe.plannedSteps): nothing to do.")
        let digest = resumed.checkpoint.index.stateDigest
        if arguments.json {
            try Console.printJSON(EndLine(run: resumed.folder.name, steps: step, stateDigest: digest))
        } else {
            Console.print("run     \(resumed.folder.name)")
            Console.print("steps   \(step) of \(recipe.plannedSteps)")
            Console.print("digest  \(digest)")
        }
        return true
    }
}
