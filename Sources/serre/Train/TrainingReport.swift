import Corpora
import Diagnostics
import Evaluation
import Foundation
import Integrity
import Training

/// Tells the user about a run while it goes on: a progress line for people, or JSON lines, and `metrics.jsonl`.
final class TrainingReport {
    private let trainer: Trainer
    private let folder: RunFolder
    private let json: Bool
    private let virtual: VirtualTime?
    /// Virtual seconds of the steps so far.
    private var virtualTotal = 0.0
    private let metrics: MetricsFile
    private let started = ContinuousClock.now
    private let firstStep: Int
    /// Where this command ends.
    private let lastStep: Int
    private var lastPrinted = ContinuousClock.now - .seconds(60)

    /// What a model that knows only how often each byte occurs would reach.
    private let unigramEntropy: Double?

    init(
        _ trainer: Trainer, corpus: any TokenSource, folder: RunFolder, json: Bool, virtual: VirtualTime?,
        lastStep: Int?
    ) throws(Diagnostic) {
        self.trainer = trainer
        unigramEntropy = json ? nil : corpus.unigramEntropy
        self.folder = folder
        self.json = json
        self.lastStep = min(lastStep ?? trainer.plannedSteps, trainer.plannedSteps)
        self.virtual = virtual
        firstStep = trainer.step
        metrics = try MetricsFile(folder.metrics, keepingUpTo: trainer.step)
    }

    func begin(resumedFrom step: Int?, ledger: String?) {
        let recipe = trainer.recipe
        let l = recipe.layout
        let hosts = trainer.executor.fabric.hosts
        Console.note(
            "\(folder.name): \(grouped(recipe.parameterCount)) parameters, tensor \(l.tensor) × pipeline \(l.pipeline) × "
                + "data \(l.data) = \(l.ranks) rank\(l.ranks == 1 ? "" : "s") on \(hosts) process\(hosts == 1 ? "" : "es"), "
                + "\(trainer.executor.kernels.instructionSet.rawValue), \(trainer.executor.kernels.workers) "
                + "worker\(trainer.executor.kernels.workers == 1 ? "" : "s"), numerics \(recipe.numerics.rawValue)")
        if recipe.numerics == .blas {
            Console.note("numerics blas: repeatable on this layout with the same OpenBLAS kernels only")
        }
        if let step { Console.note("Resumed after step \(step) of \(trainer.plannedSteps).") }
        if let ledger { Console.note(ledger) }
    }

    /// Tells of an event; `virtualSeconds` is what a step has really taken on the simulated cluster, where things go wrong.
    func observe(_ event: TrainingEvent, virtualSeconds: Double? = nil) throws(Diagnostic) {
        switch event {
        case .step(let record): try report(record, virtualSeconds ?? virtual?.seconds(batch: record.stepSamples))
        case .evaluation(let step, let losses): try report(losses, step)
        case .saving: break
        case .checkpoint(let saved):
            if Console.showsProgress { Console.endProgress() }
            Console.note(
                "step \(saved.step): saved \(saved.folder) (\(fixed(saved.seconds, 3)) s, of which training waited "
                    + "\(fixed(saved.blockedSeconds, 3)) s)")
        case .incident(let decision):
            if Console.showsProgress { Console.endProgress() }
            let text = IncidentText(decision)
            Console.warn(text.sentence)
            try metrics.append(try text.json())
        case .corruption(let finding):
            if Console.showsProgress { Console.endProgress() }
            Console.warn(finding.sentence)
            try metrics.append(try IncidentText.json(finding))
        }
    }

    private func report(_ record: StepRecord, _ virtualSeconds: Double?) throws(Diagnostic) {
        virtualTotal += virtualSeconds ?? 0
        var line = StepLine(record, virtualSeconds: virtualSeconds)
        try metrics.append(try Console.json(line))
        // How long each rank worked is for whoever follows the run, not a result.
        line.rankSeconds = nil
        if json { return try Console.printJSON(line) }
        let now = ContinuousClock.now
        let text = progressLine(record, virtualSeconds, elapsed: now - started)
        if Console.showsProgress {
            Console.progress(text)
        } else if now - lastPrinted > .seconds(10) || record.step == lastStep
            || record.step == firstStep + 1
        {
            Console.note(text)
            lastPrinted = now
        }
    }

    private func progressLine(_ record: StepRecord, _ virtualSeconds: Double?, elapsed: Duration) -> String {
        let seconds = Double(elapsed / .nanoseconds(1)) * 1e-9
        let perStep = seconds / Double(max(record.step - firstStep, 1))
        let remaining = perStep * Double(lastStep - record.step)
        var text =
            "step \(record.step)/\(trainer.plannedSteps)  loss \(fixed(record.outcome.loss, 4))  "
            + "lr \(scientific(record.learningRate))  grad \(fixed(record.outcome.gradientNorm, 3))  "
            + "\(grouped(Int(record.tokensPerSecond))) tokens/s"
        if let virtualSeconds { text += "  virtual \(significant(virtualSeconds)) s/step" }
        return text + "  ETA \(clock(remaining))"
    }

    private func report(_ losses: [HeldOutLoss], _ step: Int) throws(Diagnostic) {
        try metrics.append(try Console.json(EvaluationLine(step: step, losses)))
        if json { return }
        Console.endProgress()
        Console.note("step \(step): held-out bits per byte")
        let cells = losses.map { "\($0.language) \(fixed($0.bitsPerByte, 3))" }
        for start in stride(from: 0, to: cells.count, by: 6) {
            Console.note("  " + cells[start..<min(start + 6, cells.count)].joined(separator: "   "))
        }
    }

    /// Tells of something that befell the run from outside.
    func observe(incident text: String, step: Int, virtualSeconds: Double) throws(Diagnostic) {
        if Console.showsProgress { Console.endProgress() }
        Console.warn("\(clock(virtualSeconds)) step \(step): \(text)")
        try metrics.append(try Console.json(BefallenLine(step: step, incident: text, virtualSeconds: virtualSeconds)))
    }

    /// Tells how the run came out; `killSwitch` is the file that may have ended it.
    func end(_ end: TrainingEnd, killSwitch: String? = nil) throws(Diagnostic) {
        Console.endProgress()
        if let reason = end.stopped {
            Console.note("Stopped by \(reason.rawValue) after step \(end.step); the state is saved.")
            if reason == .killSwitch, let killSwitch {
                Console.note("Remove \(killSwitch) first: no run with this --kill-switch begins while it exists.")
            }
            Console.note("Go on with: serre train --resume \(folder.path)")
        } else if end.step < trainer.plannedSteps {
            Console.note("Go on with: serre train --resume \(folder.path)")
        }
        let line = EndLine(
            run: folder.name, steps: end.step, finalLoss: end.finalLoss.map(FiniteNumber.init),
            stateDigest: end.digest.description,
            virtualSeconds: virtual == nil ? nil : virtualTotal,
            auditSeconds: trainer.auditCost.isNothing ? nil : trainer.auditCost.seconds)
        if json { return try Console.printJSON(line) }
        Console.print("run     \(folder.name)")
        Console.print("steps   \(end.step) of \(trainer.plannedSteps)")
        if let loss = end.finalLoss {
            let entropy = unigramEntropy.map { " (unigram entropy of the corpus: \(fixed($0, 3)))" } ?? ""
            Console.print("loss    \(fixed(loss, 6)) nats per token\(entropy)")
        }
        Console.print("digest  \(end.digest)")
        if let virtual = line.virtualSeconds {
            Console.print("virtual \(significant(virtual)) s on the simulated cluster")
        }
        if line.auditSeconds != nil {
            Console.print("audit   \(trainer.auditCost.text(ofSeconds: (ContinuousClock.now - started) / .seconds(1)))")
        }
    }

    func fail() { Console.endProgress() }
}

/// A number as JSON: null where it is none, since JSON knows neither infinities nor what is not a number.
struct FiniteNumber: Encodable {
    var value: Double

    init(_ value: Double) { self.value = value }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        if value.isFinite { try container.encode(value) } else { try container.encodeNil() }
    }
}

/// A line of `train --json` for one step.
struct StepLine: Encodable {
    var step, samples, tokens: Int
    var loss: FiniteNumber
    var learningRate: Double
    var gradientNorm: FiniteNumber
    var seconds: Double
    var virtualSeconds: Double?
    var tokensPerSecond: Double
    var fingerprint: String
    var digest: String?
    /// What the guard did about the step, where it did anything.
    var action: String?
    /// To the microsecond.
    var rankSeconds: [Double]?

    init(_ r: StepRecord, virtualSeconds: Double?) {
        (step, samples, tokens) = (r.step, r.samples, r.tokens)
        (loss, learningRate) = (FiniteNumber(r.outcome.loss), r.learningRate)
        gradientNorm = FiniteNumber(r.outcome.gradientNorm)
        (seconds, self.virtualSeconds, tokensPerSecond) = (r.seconds, virtualSeconds, r.tokensPerSecond)
        (fingerprint, digest, action) = (r.fingerprint, r.digest?.description, r.decision?.action.rawValue)
        rankSeconds = r.rankSeconds?.map { ($0 * 1e6).rounded() / 1e6 }
    }

    enum CodingKeys: String, CodingKey {
        case step, samples, tokens, loss, seconds, fingerprint, digest
        case action = "guard"
        case rankSeconds = "rank_seconds"
        case learningRate = "learning_rate"
        case gradientNorm = "gradient_norm"
        case virtualSeconds = "virtual_seconds"
        case tokensPerSecond = "tokens_per_second"
    }
}

/// A line of `metrics.jsonl` for one evaluation.
struct EvaluationLine: Encodable {
    var step: Int
    var bitsPerByte: [String: Double]

    init(step: Int, _ losses: [HeldOutLoss]) {
        self.step = step
        // JSON knows no infinity: a language that a diverged model gives no chance is left out.
        let finite = losses.filter(\.bitsPerByte.isFinite)
        bitsPerByte = Dictionary(finite.map { ($0.language, $0.bitsPerByte) }, uniquingKeysWith: { a, _ in a })
    }

    enum CodingKeys: String, CodingKey {
        case step
        case bitsPerByte = "bits_per_byte"
    }
}

/// A line of `metrics.jsonl` for something that befell a rehearsed run; the time is since its first job began.
struct BefallenLine: Encodable {
    var step: Int
    var incident: String
    var virtualSeconds: Double

    enum CodingKeys: String, CodingKey {
        case step, incident
        case virtualSeconds = "virtual_seconds"
    }
}

/// The last line of `train --json`.
struct EndLine: Encodable {
    var run: String
    var steps: Int
    var finalLoss: FiniteNumber?
    var stateDigest: String
    var virtualSeconds: Double?
    /// What looking for silent corruption has cost, where the recipe asks for it.
    var auditSeconds: Double?

    enum CodingKeys: String, CodingKey {
        case run, steps
        case finalLoss = "final_loss"
        case stateDigest = "state_digest"
        case virtualSeconds = "virtual_seconds"
        case auditSeconds = "audit_seconds"
    }
}
