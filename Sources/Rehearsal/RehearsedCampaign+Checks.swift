import Diagnostics
import Evaluation
import Fabrics
import Scenarios
import Training

/// What must be true when a rehearsed run is over.
extension RehearsedCampaign {
    func check(_ end: TrainingEnd) {
        if end.digest != rehearsal.reference.digest {
            violations.append("the run ends as \(end.digest), not as \(rehearsal.reference.digest)")
        }
        for step in rehearsal.reference.evaluations.keys.sorted() where !evaluated.contains(step) {
            violations.append("step \(step) was never evaluated")
        }
        for path in storage.files where path.contains(".partial") { violations.append("\(path) is left behind") }
    }

    /// Virtual time must go on where a job works; what fails in its first step has not.
    func checkTime(of end: JobEnd, sinceStep step: Int, since time: Double) {
        var hasWorked = reached > step
        if case .finished = end { hasWorked = true }
        if hasWorked, cluster.now <= time { violations.append("virtual time stood still in job \(jobs)") }
    }

    /// A job may fail only of what it cannot get over, and must say of what.
    func check(_ failure: Diagnostic, endingJob number: Int) {
        if failure.message.isEmpty || failure.code.isEmpty { violations.append("an error without words") }
        if failure.code == "rehearsal.hang", !scenario.events.contains(where: { $0.kind == .hang }) {
            violations.append("job \(number) hung though nothing in the scenario hangs")
        }
        // A state that was altered unnoticed may be what a later job stumbles over.
        guard !cluster.hasAltered, cluster.befallen.isSubset(of: survived) else { return }
        let befell = FaultKind.allCases.filter(cluster.befallen.contains).map(\.rawValue)
        violations.append(
            "job \(number) ended (\(failure.message)) though nothing befell it"
                + (befell.isEmpty ? "" : " but what a job gets over: \(befell.joined(separator: ", "))"))
    }

    /// An evaluation must find what it finds in the run without faults, whatever befell it.
    func check(_ losses: [HeldOutLoss], after step: Int) {
        evaluated.insert(step)
        if losses != rehearsal.reference.evaluations[step] {
            violations.append("the evaluation after step \(step) found other losses than without faults")
        }
    }

    /// A refused run can be resumed when what ails it is gone: a last job in which nothing goes wrong comes to the end.
    func checkResumable() throws(Diagnostic) {
        let sound = SimulatedCluster(
            Scenario(name: "none", events: []), seed: 0, links: cluster.links)
        storage.move(to: sound)
        let folder = RunFolder(rehearsal.folder, on: storage)
        let fabric = try SimulatedFabric(ranks: rehearsal.recipe.layout.ranks, on: sound, patience: 1)
        let trainer = try Trainer(
            recipe: rehearsal.recipe, corpus: rehearsal.corpus, fabric: fabric, kernels: rehearsal.kernels,
            folder: folder, background: sound.background)
        do throws(Diagnostic) {
            folder.removePartialCheckpoints()
            if let checkpoint = try folder.newestCheckpoint().checkpoint {
                try trainer.resume(from: checkpoint)
            } else {
                trainer.initialize()
            }
            let end = try trainer.run { _ in }
            if end.digest != rehearsal.reference.digest {
                violations.append("resumed when all was well, the run ends as \(end.digest)")
            }
        } catch {
            violations.append("the run cannot be resumed when all is well: \(error)")
        }
    }
}

extension RehearsedCampaign {
    /// What a job gets over: what costs time at most, a write that is cut short, and what befalls messages, unless all of
    /// that together may be more than a link tries again.
    private var survived: Set<FaultKind> {
        var kinds: Set<FaultKind> = [
            .messageDuplicated, .messageDelayed, .slowAccelerator, .degradedLink, .slowStorage, .clockSkew, .shortWrite,
        ]
        let repaired: Set<FaultKind> = [.messageLost, .messageFlip, .flappingLink]
        let tries = scenario.events.filter { repaired.contains($0.kind) }.reduce(0) { $0 + ($1.times ?? 1) }
        if tries < cluster.links.retries { kinds.formUnion(repaired) }
        return kinds
    }
}
