import ArgumentParser
import Corpora
import Diagnostics
import Evaluation
import Foundation
import Integrity
import Recipes
import Tokenizers
import Training

/// The model that a command examines: a run's last complete checkpoint, or a Hugging Face folder.
struct ExaminedModel {
    let model: ModelUnderTest
    let note: EvaluationResult.Model
    /// The run's folder; `nil` for a model that is no run of Serre's.
    let run: RunFolder?

    /// Opens a model. `corpus` names what it learnt from, where that has moved.
    static func open(
        _ place: String, corpus: String?, step: Int?, batch: Int?, workers: WorkerArguments
    ) throws(Diagnostic) -> ExaminedModel {
        let files = FileManager.default
        if !files.fileExists(atPath: place + "/recipe.yaml"), files.fileExists(atPath: place + "/config.json") {
            return try imported(place, corpus: corpus, batch: batch, workers: workers)
        }
        let run = try NamedRun.folder(place)
        let steps = run.checkpointSteps()
        guard let last = step ?? steps.last, steps.contains(last) else { throw missing(run, step, steps) }
        if isLocked(run) { Console.warn("\(place) is still being trained: its checkpoint of step \(last) is measured") }
        let recipe = try Recipe.load(run.recipe)
        let source = try source(recipe, run, corpus)
        return try ExaminedModel(
            recipe, Checkpoint(run.checkpoint(last)), source, tokenizer: source?.tokenizer ?? .bytes,
            documentEnd: TokenID(source?.documentEnd ?? Corpus.documentEnd), name: run.name, run: run, batch: batch,
            workers: workers)
    }

    private static func missing(_ run: RunFolder, _ step: Int?, _ steps: [Int]) -> Diagnostic {
        guard let step, !steps.isEmpty else {
            return Diagnostic(
                "evaluate.no-checkpoint", "there is no complete checkpoint and no Hugging Face model",
                at: .init(file: run.path),
                remedy: isLocked(run)
                    ? "the run is still being trained: wait for its first checkpoint"
                    : "name the folder that serre train or serre model export printed")
        }
        return Diagnostic(
            "evaluate.no-checkpoint", "the run has no complete checkpoint of this step", at: .init(file: run.path),
            expected: "one of \(steps.map(String.init).joined(separator: ", "))", found: "\(step)")
    }

    /// Whether a process is writing the run now.
    private static func isLocked(_ run: RunFolder) -> Bool {
        let handle = Foundation.open(run.lock, O_RDONLY | O_CLOEXEC)
        guard handle >= 0 else { return false }
        defer { close(handle) }
        return flock(handle, LOCK_SH | LOCK_NB) != 0
    }

    /// What the run learnt from; `nil` for a run of bytes whose corpus is no longer there.
    private static func source(
        _ recipe: Recipe, _ run: RunFolder, _ corpus: String?
    ) throws(Diagnostic) -> (any TokenSource)? {
        let begun = try RunCorpus.read(run)
        let isBytes = recipe.data.tokenizer == Tokenizer.bytesName
        guard let name = corpus ?? begun?.folder ?? recipe.data.corpus else {
            if isBytes { return nil }
            throw Diagnostic(
                "evaluate.no-tokenizer", "the run does not say with which tokens it was trained",
                at: .init(file: run.path),
                remedy: "name its token files with --corpus PREFIX.json")
        }
        if corpus == nil, isBytes, !FileManager.default.fileExists(atPath: name) { return nil }
        let source = try openTokenSource(name)
        guard source.isOfBytes == isBytes else {
            throw Diagnostic(
                "evaluate.tokenizer", "the corpus has other tokens than the run", at: .init(file: name),
                expected: recipe.data.tokenizer, found: source.isOfBytes ? "bytes" : "tokens",
                remedy: "name the token files that the run learnt from with --corpus")
        }
        if let begun, begun.digest != source.digest.description {
            throw Diagnostic(
                "evaluate.corpus", "this is not what the run learnt from", at: .init(file: name),
                expected: begun.digest,
                found: source.digest.description, remedy: "name the right corpus or token files with --corpus")
        }
        return source
    }

    /// A Hugging Face folder, made a run in a temporary place.
    private static func imported(
        _ place: String, corpus: String?, batch: Int?, workers: WorkerArguments
    ) throws(Diagnostic) -> ExaminedModel {
        let tokenizer = try Tokenizer.load(place)
        guard let end = tokenizer.documentEnd else {
            throw Diagnostic(
                "evaluate.tokenizer", "the tokeniser has no token that ends documents",
                at: .init(file: place + "/" + Tokenizer.fileName), expected: "such as </s> or <|endoftext|>")
        }
        let folder = try ModelImport(place)
        let recipe = try folder.recipe()
        let temporary = NSTemporaryDirectory() + "/serre-evaluate-" + UUID().uuidString
        // The weights stay readable when their names are gone.
        defer { try? FileManager.default.removeItem(atPath: temporary) }
        _ = try folder.write(recipe, kernels: workers.kernels(recipe, processes: 1), to: temporary)
        let source = try corpus.map { (name) throws(Diagnostic) in try openTokenSource(name) }
        return try ExaminedModel(
            recipe, Checkpoint(RunFolder(temporary).checkpoint(0)), source, tokenizer: tokenizer, documentEnd: end,
            name: URL(fileURLWithPath: place).lastPathComponent, run: nil, batch: batch, workers: workers)
    }

    private init(
        _ recipe: Recipe, _ checkpoint: Checkpoint, _ source: (any TokenSource)?, tokenizer: Tokenizer,
        documentEnd: TokenID, name: String, run: RunFolder?, batch: Int?, workers: WorkerArguments
    ) throws(Diagnostic) {
        try source?.verifyHeldOut()
        model = try ModelUnderTest(
            recipe: recipe, tokenizer: tokenizer, documentEnd: documentEnd, source: source,
            weighting: recipe.data.weighting, kernels: workers.kernels(recipe, processes: 1), batch: batch)
        try checkpoint.check(against: recipe)
        try checkpoint.load(into: model.executor)
        self.run = run
        note = EvaluationResult.Model(
            name: name, recipe: recipe.name, step: checkpoint.index.step, stateDigest: checkpoint.index.stateDigest,
            parameters: recipe.parameterCount, tokenizer: recipe.data.tokenizer,
            tokenizerDigest: tokenizer.digest.description, sequenceLength: recipe.model.sequenceLength,
            numerics: recipe.numerics.rawValue, serre: SerreVersion.text)
    }
}
