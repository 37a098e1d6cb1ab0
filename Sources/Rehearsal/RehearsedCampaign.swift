import Diagnostics
import Fabrics
import Integrity
import Ledger
import Numerics
import Recipes
import Scenarios
import Training

/// The jobs of one rehearsed run, one after the other, as a batch system would start them.
final class RehearsedCampaign {
    let rehearsal: Rehearsal
    let scenario: Scenario
    let cluster: SimulatedCluster
    let storage: SimulatedStorage
    private let record: RehearsalRecord?
    private(set) var jobs = 0
    private var lostSteps = 0
    /// The last step that any job has ended.
    private(set) var reached = 0
    /// The step of the newest checkpoint that was said to be complete.
    private var announced = 0
    private var causes: [Diagnostic] = []
    var violations: [String] = []
    /// Steps whose evaluation was told.
    var evaluated: Set<Int> = []
    private var told = 0
    private let stop: (any StopSource)?
    private var isCancelled = false
    /// What went wrong outside the glass, for whoever follows the run: no fault of the run's own.
    private var outsideFailure: Diagnostic?

    init(_ rehearsal: Rehearsal, _ scenario: Scenario, seed: UInt64, ledger: Ledger?, stop: (any StopSource)?)
        throws(Diagnostic)
    {
        self.rehearsal = rehearsal
        self.scenario = scenario
        self.stop = stop
        let profile = rehearsal.profile
        let step = try rehearsal.times.seconds(of: rehearsal.recipe)
        cluster = SimulatedCluster(
            scenario, seed: seed,
            links: .init(retrySeconds: step / 8, ranksPerNode: profile.nodes.acceleratorsPerNode))
        storage = SimulatedStorage(cluster, speed: StorageSpeed(profile))
        record = ledger.map { [storage] in RehearsalRecord(rehearsal.recipe, scenario, in: $0, on: storage) }
    }

    /// More jobs than this in a row without a step more mean that no further one will help.
    private static let patience = 4

    func run(_ follower: (any RehearsalFollower)?) throws(Diagnostic) -> RehearsalReport {
        var ending: RehearsalReport.Ending?
        var fruitless = 0
        while ending == nil {
            let before = (reached: reached, now: cluster.now, faults: cluster.incidents.count)
            let end = job(number: jobs, follower)
            if let outsideFailure { throw outsideFailure }
            jobs += 1
            checkTime(of: end, sinceStep: before.reached, since: before.now)
            if case .failed = end { cluster.advance(try rehearsal.times.seconds(of: rehearsal.recipe) / 2) }
            switch end {
            case .finished(let end):
                ending = .finished(end.digest)
                check(end)
            case .stopped(let end):
                note("job \(jobs) stopped by \(end.stopped?.rawValue ?? "request"), saved at step \(reached)")
                if isCancelled { ending = .refused(Self.cancelled) }
            case .failed(let diagnostic):
                causes.append(diagnostic)
                note("job \(jobs) ended: \(diagnostic.message)")
                check(diagnostic, endingJob: jobs)
                let isFruitless = reached <= before.reached && cluster.incidents.count <= before.faults + 1
                fruitless = isFruitless ? fruitless + 1 : 0
                if isCancelled {
                    ending = .refused(Self.cancelled)
                } else if fruitless >= Self.patience || jobs >= 100 {
                    ending = .refused(diagnostic)
                }
            }
            cluster.background.finish()
            storage.restart(losingMemory: cluster.death?.losesMemory ?? false)
            pause(after: end)
            try say(follower)
            try follower?.end(end)
        }
        if case .refused = ending, !isCancelled { try checkResumable() }
        violations += try record?.violations(steps: rehearsal.reference.fingerprints, ending: ending) ?? []
        return RehearsalReport(
            scenario: scenario, ending: ending ?? .refused(Diagnostic("rehearsal.end", "no end", kind: .failure)),
            jobs: jobs, lostSteps: lostSteps, virtualSeconds: cluster.now,
            incidents: cluster.incidents.map(\.text), missed: cluster.missed, causes: causes, violations: violations)
    }

    private func note(_ text: String) { cluster.note(text) }

    private static let cancelled = Diagnostic(
        "rehearsal.stopped", "the rehearsal was asked to stop, and its state is saved",
        remedy: "go on without faults with serre train --resume", kind: .failure)

    private func say(_ follower: (any RehearsalFollower)?) throws(Diagnostic) {
        for incident in cluster.incidents[told...] {
            told += 1
            try follow { () throws(Diagnostic) in try follower?.observe(incident) }
        }
    }

    private func follow(_ body: () throws(Diagnostic) -> Void) throws(Diagnostic) {
        do throws(Diagnostic) {
            try body()
        } catch {
            outsideFailure = error
            throw error
        }
    }

    /// Detection of what has gone wrong, and the start of the next job, take their time.
    private func pause(after end: JobEnd) {
        if case .finished = end { return }
        if case .failed = end { cluster.advance(rehearsal.profile.detectionSeconds) }
        cluster.advance(rehearsal.profile.startSeconds)
    }

    // MARK: One job

    private func job(number: Int, _ follower: (any RehearsalFollower)?) -> JobEnd {
        cluster.beginJob()
        var recipe = rehearsal.recipe
        recipe.layout = rehearsal.layouts[number % rehearsal.layouts.count]
        recipe.audit = rehearsal.audit
        recipe.checkpoint.asynchronous = rehearsal.savesInBackground
        do throws(Diagnostic) {
            let end = try train(recipe, number, follower)
            return end.stopped == nil ? .finished(end) : .stopped(end)
        } catch {
            return .failed(error)
        }
    }

    private func train(
        _ recipe: Recipe, _ number: Int, _ follower: (any RehearsalFollower)?
    ) throws(Diagnostic) -> TrainingEnd {
        let step = try rehearsal.times.seconds(of: recipe)
        let fabric = try SimulatedFabric(ranks: recipe.layout.ranks, on: cluster, patience: 10 * step)
        let folder = RunFolder(rehearsal.folder, on: storage)
        if number == 0 { try folder.create() }
        let trainer = try Trainer(
            recipe: recipe, corpus: rehearsal.corpus, fabric: fabric, kernels: rehearsal.kernels, folder: folder,
            background: cluster.background)
        folder.removePartialCheckpoints()
        try begin(trainer, recipe, folder, number)
        try follow { () throws(Diagnostic) in
            try follower?.begin(job: number, trainer, on: RehearsedDisk(storage: storage))
        }
        trainer.executor.observe(
            FaultInjector(cluster, try rehearsal.counts(recipe)) { [weak self] _ in
                self?.seconds(of: .step, recipe) ?? step
            })
        let stop = SimulatedStop(
            cluster, limitSeconds: try limit(recipe, from: trainer.step), margin: step,
            saveSeconds: rehearsal.saveSeconds(of: recipe), outside: self.stop)
        defer {
            isCancelled = isCancelled || stop.isCancelled
            if stop.wasIgnored { violations.append("job \(number + 1) went on after it was asked to stop") }
        }
        let end = try trainer.run(stop: stop) { (event) throws(Diagnostic) in
            try cluster.check()
            if case .saving = event { stop.isSaving(since: cluster.now) }
            if case .checkpoint = event { stop.hasSaved(at: cluster.now) }
            let began = cluster.stepBegan
            try observe(event, recipe)
            try say(follower)
            try follow { () throws(Diagnostic) in
                try follower?.observe(event, virtualSeconds: cluster.now - began)
            }
        }
        if end.stopped == nil { try record?.end(end) }
        return end
    }

    /// The batch system's limit, which is every job's: that of a job which begins at `first` comes at about the step that the
    /// scenario names, counted from there, with the saves and evaluations until then and the save that ends the job.
    private func limit(_ recipe: Recipe, from first: Int) throws(Diagnostic) -> Double? {
        for event in scenario.events where event.kind == .timeLimit {
            guard case .step(let number) = event.moment else {
                if case .seconds(let seconds) = event.moment { return seconds }
                continue
            }
            let steps = (first + 1)...(first + number)
            let step = try rehearsal.times.seconds(of: recipe)
            let every = recipe.checkpoint.everySteps
            let saves = recipe.checkpoint.asynchronous || every == 0 ? 0 : (first + number - 1) / every - first / every
            var evaluations = 0.0
            for samples in steps.dropLast().flatMap(rehearsal.evaluationBatches) {
                evaluations += try rehearsal.times.seconds(of: recipe, in: .evaluation, samples: samples)
            }
            return (Double(number) + 0.5) * step + Double(saves + 1) * rehearsal.saveSeconds(of: recipe) + evaluations
        }
        return nil
    }

    /// Starts from the seed, or from the newest checkpoint that is whole.
    private func begin(
        _ trainer: Trainer, _ recipe: Recipe, _ folder: RunFolder, _ number: Int
    ) throws(Diagnostic) {
        let (checkpoint, refused) = try folder.newestCheckpoint()
        // A process that has died while it looked for a checkpoint has not seen that there is none.
        try cluster.check()
        for damaged in refused { note("passed over a checkpoint: \(damaged.reason.message)") }
        if let checkpoint {
            try trainer.resume(from: checkpoint)
            let expected = rehearsal.reference.checkpoints[trainer.step]
            if let expected, expected != checkpoint.index.stateDigest {
                violations.append(
                    "job \(number + 1) resumed at step \(trainer.step) from a state that is not the run's")
            }
        } else {
            trainer.initialize()
        }
        // Only what changes finished files may cost a checkpoint that was said to be complete.
        if trainer.step < announced, !scenario.events.contains(where: { $0.kind == .fileFlip }) {
            violations.append(
                "job \(number + 1) began at step \(trainer.step): the checkpoint of \(announced) was lost")
        }
        announced = trainer.step
        lostSteps += max(reached - trainer.step, 0)
        reached = trainer.step
        try record?.begin(job: number, at: trainer.step)
    }

    /// What a step, or an evaluation of a batch of samples, takes with what is slow at the moment: of several the slowest.
    private func seconds(of phase: FaultEvent.Phase, _ recipe: Recipe, samples: Int? = nil) -> Double {
        let ranks = recipe.layout.ranks
        let slow = cluster.active(.slowAccelerator).map(\.event).max { $0.factor ?? 1 < $1.factor ?? 1 }
        let nodes = cluster.node(of: ranks - 1) + 1
        let links = cluster.active(.degradedLink).map(\.event).filter { ($0.node ?? 0) < nodes }
        let straggler = slow.flatMap { event in
            event.rank.map { (rank: $0 % ranks, factor: event.factor ?? 1) }
        }
        let seconds = try? rehearsal.times.seconds(
            of: recipe, in: phase, samples: samples, straggler: straggler,
            linkFactor: links.compactMap(\.factor).max() ?? 1)
        return seconds ?? 0
    }

    private func observe(_ event: TrainingEvent, _ recipe: Recipe) throws(Diagnostic) {
        switch event {
        case .step(let done):
            cluster.advance(seconds(of: .step, recipe))
            reached = max(reached, done.step)
            let expected = rehearsal.reference.fingerprints[done.step - 1]
            if done.fingerprint != expected {
                violations.append("step \(done.step) came out as \(done.fingerprint), not \(expected)")
            }
            endOfStep(done.step)
        case .corruption(let finding): cluster.note(finding.sentence, isEvent: true)
        case .incident(let decision): cluster.note("the guard stops step \(decision.step)", isEvent: true)
        case .checkpoint(let saved):
            announced = saved.step
            // The state that a job stops with need not be one that the reference has saved.
            if let expected = rehearsal.reference.checkpoints[saved.step], expected != saved.digest.description {
                violations.append("the checkpoint of step \(saved.step) is not the run's state")
            }
        case .evaluation(let step, let losses):
            let batches = Rehearsal.batches(of: losses, recipe)
            cluster.endEvaluation(seconds: batches.reduce(0) { $0 + seconds(of: .evaluation, recipe, samples: $1) })
            check(losses, after: step)
        case .saving: break
        }
        try record?.observe(event)
        try cluster.check()
    }

    /// What lasts for some steps gets older, and the disk may lose a bit.
    private func endOfStep(_ step: Int) {
        for planned in cluster.active(.slowAccelerator, .degradedLink, .slowStorage) {
            let lasted = (planned.countdown ?? 0) + 1
            if lasted == 1 { note("\(planned.event.kind.rawValue): \(planned.event.factor ?? 1) times slower") }
            planned.countdown = lasted
            if lasted >= planned.event.steps ?? 1 { planned.left = 0 }
        }
        for planned in cluster.active(.fileFlip) {
            let written = storage.files.filter { $0.contains("/checkpoints/step-") && !$0.contains(".partial") }
            guard let path = written.last else { continue }
            storage.flip(bit: planned.event.bit ?? 0, of: path)
            cluster.happened(planned, "a bit of \(path) changes")
        }
    }
}
