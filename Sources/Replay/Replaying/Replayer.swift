import Corpora
import Diagnostics
import Fabrics
import Foundation
import Numerics
import Recipes
import Training

/// Repeats steps of a recorded run and compares every fingerprint, digest and evaluation with the record.
///
/// The layout and the hosts are free: under `exact-1` neither can change a bit. Every host does the same; the answer is the
/// same on all.
public struct Replayer {
    public let run: RecordedRun
    /// The recorded recipe on the layout at hand.
    public let recipe: Recipe
    private let corpus: any TokenSource
    private let fabric: any Fabric
    private let kernels: KernelContext
    /// Where a roll back of the recipe's guard finds checkpoints; made and removed by the caller.
    private let scratch: RunFolder

    /// Throws when the corpus is not the one on record.
    public init(
        _ run: RecordedRun, recipe: Recipe, corpus: any TokenSource, fabric: any Fabric, kernels: KernelContext,
        scratch: RunFolder
    ) throws(Diagnostic) {
        if let digest = run.manifest.dataDigest, digest != corpus.digest.description {
            throw Diagnostic(
                "replay.corpus", "this is not the corpus that the run read", at: .init(file: corpus.place),
                expected: digest, found: corpus.digest.description, remedy: "name the run's corpus with --corpus")
        }
        (self.run, self.recipe, self.corpus, self.fabric, self.kernels, self.scratch) =
            (run, recipe, corpus, fabric, kernels, scratch)
    }

    /// A trainer that stands at `start`.
    public func trainer(at start: ReplayStart) throws(Diagnostic) -> Trainer {
        let trainer = try Trainer(recipe: recipe, corpus: corpus, fabric: fabric, kernels: kernels, folder: scratch)
        guard let place = start.checkpoint else {
            trainer.initialize()
            return trainer
        }
        try lend(place, start.step)
        try trainer.resume(from: Checkpoint(place))
        return trainer
    }

    /// A roll back may go to the very checkpoint that the replay began with.
    private func lend(_ place: String, _ step: Int) throws(Diagnostic) {
        guard fabric.host == 0, recipe.guardPolicy.rollsBack else { return }
        let link = scratch.checkpoint(step)
        guard !FileManager.default.fileExists(atPath: link) else { return }
        try? FileManager.default.createSymbolicLink(
            atPath: link, withDestinationPath: URL(fileURLWithPath: place).standardizedFileURL.path)
    }

    /// Repeats everything from `start` up to `last` and compares it.
    ///
    /// - Parameters:
    ///   - goesOn: whether to go on after the first difference and count the others.
    ///   - evaluates: whether recorded evaluations are repeated too.
    ///   - progress: told after each step: the step, and the wall seconds it took.
    public func replay(
        from start: ReplayStart, through last: Int, goesOn: Bool = false, evaluates: Bool = true,
        progress: (Int, Double) -> Void = { _, _ in }
    ) throws(Diagnostic) -> ReplayResult {
        let trainer = try trainer(at: start)
        var result = ReplayResult(start: start, last: start.step)
        while trainer.step < last, goesOn || result.isIdentical {
            let step = trainer.step + 1
            let record = try trainer.repeatStep(digesting: run.digests[step] != nil)
            compare(record, trainer, &result)
            if evaluates, result.isIdentical, let recorded = run.evaluations[step] {
                try compare(recorded, at: step, trainer, &result)
            }
            result.last = step
            progress(step, record.seconds)
        }
        return result
    }

    private func compare(_ now: StepRecord, _ trainer: Trainer, _ result: inout ReplayResult) {
        result.steps += 1
        guard let recorded = run.steps[now.step] else {
            result.unrecorded.append(now.step)
            return
        }
        var difference = ReplayDifference.between(recorded, now)
        if let digest = run.digests[now.step] {
            result.digests += 1
            if difference == nil, let found = now.digest?.description, found != digest {
                difference = ReplayDifference(
                    step: now.step, quantity: .stateDigest, expected: digest, found: found)
            }
        }
        guard var difference else { return }
        let folders = run.recordedFolder.map { [RunFolder($0)] } ?? []
        if result.differences == 0, let place = TensorDifference.find(trainer, in: folders, after: now.step) {
            (difference.tensor, difference.rank) = (place.parameter, place.rank)
        }
        result.add(difference)
    }

    private func compare(
        _ recorded: [String: Double], at step: Int, _ trainer: Trainer, _ result: inout ReplayResult
    ) throws(Diagnostic) {
        result.evaluations += 1
        let now = try trainer.heldOutLosses()
        for loss in now {
            let expected = recorded[loss.language]
            guard expected?.bitPattern != loss.bitsPerByte.bitPattern else { continue }
            result.add(
                ReplayDifference(
                    step: step, quantity: .evaluation(language: loss.language),
                    expected: expected.map { "\($0)" } ?? "none", found: "\(loss.bitsPerByte)"))
            return
        }
    }
}

/// What a replay has found.
public struct ReplayResult: Sendable {
    public var start: ReplayStart
    /// The last step that was repeated, and how many were.
    public var last: Int
    public var steps = 0
    /// How many recorded digests and evaluations were compared.
    public var digests = 0
    public var evaluations = 0
    /// Steps that were repeated but are not on record: a run that was killed had not told them yet.
    public var unrecorded: [Int] = []
    /// How many steps differ, and how the first does.
    public private(set) var differences = 0
    public private(set) var first: ReplayDifference?

    public var isIdentical: Bool { differences == 0 }

    init(start: ReplayStart, last: Int) { (self.start, self.last) = (start, last) }

    mutating func add(_ difference: ReplayDifference) {
        differences += 1
        if first == nil { first = difference }
    }
}
