import ArgumentParser
import Corpora
import Diagnostics
import Estimation
import Foundation
import Integrity
import Recipes

struct NewCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new",
        abstract: "Write a commented recipe from a few answers or flags.",
        discussion: """
            Examples:
              serre new petit
              serre new petit --parameters 10M --corpus tokens/main.json --tokens 200M -o petit.yaml
              serre new petit --ask

            What is not said follows from the size: the shape as serre budget chooses it, 20 tokens per parameter (Hoffmann et \
            al. 2022), GPT-3's learning rate (Brown et al. 2020, table 2.1). The file explains every key.
            """)

    @Argument(help: "What runs of the recipe are called.")
    var name: String
    @Option(name: .shortAndLong, help: "The file to write (default: NAME.yaml).", completion: .file())
    var output: String?
    @Option(help: "bloom, llama or gpt2 (default: bloom).")
    var family: Recipe.Model.Family?
    @Option(help: "About how many parameters, such as 124M or 1.1B (default: 1M).")
    var parameters: String?
    @Option(
        help: "Folder of a built corpus, or the PREFIX.json of token files (default: the small corpus shipped).",
        completion: .file())
    var corpus: String?
    @Option(help: "Tokens of a sample (default: 256).")
    var sequenceLength: Int?
    @Option(help: "Tokens to train on, such as 200M (default: 20 per parameter).")
    var tokens: String?
    @Option(help: "Samples of a step (default: what makes about 1,000 steps).")
    var batch: Int?
    @Option(help: "The highest learning rate (default: by the size).")
    var learningRate: Double?
    @Option(help: "float32 or bfloat16 (default: float32).")
    var precision: Recipe.Precision?
    @Flag(help: "Ask for corpus, size and tokens, where no flag says them.")
    var ask = false
    @Flag(help: "Replace the file if it is there.")
    var replace = false

    func validate() throws {
        if name.isEmpty || name.contains("/") || name.hasPrefix("-") {
            throw ValidationError("The name must be a word without slashes.")
        }
        if let sequenceLength, !(1...1 << 22).contains(sequenceLength) {
            throw ValidationError("--sequence-length must be from 1 to \(1 << 22).")
        }
        if let batch, !(1...1 << 30).contains(batch) { throw ValidationError("--batch must be from 1 to \(1 << 30).") }
        if let learningRate, !(learningRate > 0 && learningRate < .infinity) {
            throw ValidationError("--learning-rate must be a number above 0.")
        }
    }

    func run() throws {
        let path = output ?? name + ".yaml"
        guard replace || !FileManager.default.fileExists(atPath: path) else {
            throw Diagnostic(
                "new.exists", "the file is there already", at: .init(file: path),
                remedy: "name another with -o, or pass --replace")
        }
        let recipe = try draft().recipe()
        try AtomicFile.write(recipe.commentedYAML, to: path)
        let tokens = recipe.optimizer.trainSamples * recipe.model.sequenceLength
        Console.note(
            "Wrote \(path): \(grouped(recipe.parameterCount)) parameters, \(grouped(recipe.plannedSteps)) steps, "
                + "\(grouped(tokens)) tokens.")
        Console.note("What it would take here: serre train \(path) --dry-run")
    }

    private func draft() throws(Diagnostic) -> RecipeDraft {
        var draft = RecipeDraft(name: name)
        draft.corpus =
            corpus ?? answer("Which corpus (a folder, or the PREFIX.json of token files)?", "the shipped one")
        if let corpus = draft.corpus {
            let source = try openTokenSource(corpus)
            draft.tokenizer = Recipe.DataSource.areTokenFiles(corpus) ? "token-files" : "bytes"
            draft.vocabulary = source.vocabulary
        }
        if let text = parameters ?? answer("About how many parameters?", "1M") {
            draft.parameters = try Self.count(text, "--parameters", 1e4...1e13)
        }
        if let family { draft.family = family }
        if let sequenceLength { draft.sequenceLength = sequenceLength }
        if let text = tokens ?? answer("How many tokens to train on?", "20 per parameter") {
            draft.tokens = try Self.count(text, "--tokens", 1...1e15)
        }
        draft.batch = batch
        draft.learningRate = learningRate
        if let precision { draft.precision = precision }
        return draft
    }

    /// What the user says, where asked; nothing for an empty line.
    private func answer(_ question: String, _ standard: String) -> String? {
        guard ask else { return nil }
        Console.note("\(question) [\(standard)]")
        return readLine().flatMap { $0.isEmpty ? nil : $0 }
    }

    /// A number with a unit of thousands: 124M, 1.1B, 1e6.
    static func count(_ text: String, _ flag: String, _ range: ClosedRange<Double>) throws(Diagnostic) -> Double {
        let units: [Character: Double] = ["K": 1e3, "k": 1e3, "M": 1e6, "B": 1e9, "G": 1e9, "T": 1e12]
        let unit = text.last.flatMap { units[$0] }
        let number = Double(unit == nil ? text : String(text.dropLast())).map { $0 * (unit ?? 1) }
        guard let number, range.contains(number) else {
            throw Diagnostic(
                "new.count", "\(flag) is not such a number", expected: "a number such as 124M, 1.1B or 1e6", found: text
            )
        }
        return number
    }
}
