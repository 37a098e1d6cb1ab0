import ArgumentParser
import Corpora
import Diagnostics
import Evaluation
import Foundation
import Recipes
import Tokenizers
import Training

struct GenerateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "generate",
        abstract: "Continue prompts with a trained run's last checkpoint, the same text every time.",
        discussion: """
            Examples:
              serre generate runs/20260101-120000-demo-0a1b --prompt "Le serveur"
              serre generate runs/20260101-120000-demo-0a1b --languages
              serre generate runs/20260101-120000-demo-0a1b --prompts questions.jsonl --temperature 0 --stop "\\n" --json

            A text depends on the model, its prompt, the prompt's place among the prompts, and the options of sampling; \
            never on --batch or on the other prompts. The text of a single prompt appears as it is written.
            """)

    @Argument(
        help: ArgumentHelp("A run's folder, its id under runs, or latest.", valueName: "run"), completion: .directory)
    var folder: String
    @Option(help: "Text to continue; may be given several times.")
    var prompt: [String] = []
    @Option(
        help: ArgumentHelp(
            "File of prompts: a line each, or JSONL with the key prompt where its name ends with .jsonl (default: none).",
            valueName: "file"), completion: .file())
    var prompts: String?
    @Flag(help: "Continue the start of one held-out document in each language of the corpus.")
    var languages = false
    @Option(
        help: "Corpus or token files, for --languages and the tokeniser (default: what the run learned from).",
        completion: .file())
    var corpus: String?
    @Option(help: "Most tokens to draw for each prompt.")
    var length = 64
    @Option(help: "Divides the logits; 0 takes the most likely token.")
    var temperature = 0.7
    @Option(help: "Draw only from so many of the likeliest tokens (default: from all).")
    var topK: Int?
    @Option(help: "Draw only from the likeliest tokens that together have this probability (default: from all).")
    var topP: Double?
    @Option(
        help:
            "End a text before this; \\n is a line break; may be given several times (default: it ends with the document)."
    )
    var stop: [String] = []
    @Option(help: "Prompts at once, at most; cannot change a text (default: as many as fit some memory, at most 16).")
    var batch: Int?
    @Flag(help: "Read the whole text again for each token, as in training; slower, and cannot change a text.")
    var noCache = false
    @Option(help: "Seed of the draws.")
    var seed: UInt64 = 0
    @Flag(help: "Print one JSON line per prompt.")
    var json = false
    @OptionGroup var workerArguments: WorkerArguments

    func validate() throws {
        if prompt.isEmpty, prompts == nil, !languages {
            throw ValidationError("Give --prompt TEXT, --prompts FILE or --languages.")
        }
        if let topK, topK < 1 { throw ValidationError("--top-k must be 1 or more.") }
        if let topP, !(topP > 0 && topP <= 1) { throw ValidationError("--top-p must be more than 0 and at most 1.") }
        if let batch, batch < 1 { throw ValidationError("--batch must be 1 or more.") }
        if length < 1 { throw ValidationError("--length must be 1 or more.") }
        if !(temperature >= 0) { throw ValidationError("--temperature must be 0 or more.") }
    }

    func run() throws {
        let folder = try NamedRun.folder(self.folder)
        guard let step = folder.checkpointSteps().last else {
            throw Diagnostic(
                "generate.no-checkpoint", "the run has no complete checkpoint", at: .init(file: folder.path),
                remedy: "name the folder that serre train printed")
        }
        let recipe = try Recipe.load(folder.recipe)
        let source = try source(recipe, folder)
        let prompts = try allPrompts(recipe, source)
        let kernels = try workerArguments.kernels(recipe, processes: 1)
        let generator = try TextGenerator(
            recipe: recipe, prompts: prompts.map { $0.tokens }, batch: batch, keepsKeys: !noCache,
            kernels: kernels)
        let checkpoint = try Checkpoint(folder.checkpoint(step))
        try checkpoint.check(against: recipe)
        try checkpoint.load(into: generator.model)
        try write(prompts, generator, source)
    }

    /// Draws the texts and shows them: a single one as it is written, several in their order.
    private func write(
        _ prompts: [Prompt], _ generator: TextGenerator, _ source: (any TokenSource)?
    ) throws(Diagnostic) {
        let tokenizer = source?.tokenizer ?? .bytes
        let documentEnd = Int32(source?.documentEnd ?? Corpus.documentEnd)
        let isShownAtOnce = prompts.count == 1 && !json
        let stops = StopStrings(stop.map { $0.replacing("\\n", with: "\n") })
        var streams = prompts.map { _ in TextStream(stops: stops, keepsLines: json) }
        var texts = prompts.map { _ in "" }
        if isShownAtOnce { Console.printPart(prompts[0].opening) }
        _ = try generator.generate(
            length: length, sampling: Sampling(temperature: temperature, topK: topK, topP: topP, seed: seed),
            isText: { $0 != documentEnd && tokenizer.bytes(of: $0) != nil },
            isOver: { prompt, new in
                guard let token = new.last else { return false }
                let part = streams[prompt].add(tokenizer.isSpecial(token) ? [] : tokenizer.bytes(of: token) ?? [])
                texts[prompt] += part
                if isShownAtOnce { Console.printPart(part) }
                return streams[prompt].isStopped
            })
        for (index, prompt) in prompts.enumerated() {
            let rest = streams[index].finish()
            if isShownAtOnce { return Console.print(rest) }
            try show(prompt, texts[index] + rest)
        }
    }

    private struct Prompt {
        var label: String?
        var text: String
        /// The text's tokens; a prompt of the user's own stands at the beginning of a document, as in training.
        var tokens: [Int32]

        /// What stands before the new text in a line for people.
        var opening: String { (label.map { $0 + "  " } ?? "") + text + "│" }

        init(label: String?, text: String, _ source: (any TokenSource)?) {
            self.label = label
            self.text = text
            tokens = label == nil ? [Int32(source?.documentEnd ?? Corpus.documentEnd)] : []
            (source?.tokenizer ?? .bytes).encode(Array(text.utf8), into: &tokens, special: .asText)
        }
    }

    /// What the run learned from, where it is needed: for its languages, or for another tokeniser than bytes.
    private func source(_ recipe: Recipe, _ folder: RunFolder) throws(Diagnostic) -> (any TokenSource)? {
        guard languages || recipe.data.tokenizer != "bytes" else { return nil }
        let begun = try RunCorpus.read(folder)?.folder
        guard let name = corpus ?? begun ?? recipe.data.corpus else {
            throw Diagnostic(
                "generate.no-corpus", "the run does not say what it learned from", remedy: "name it with --corpus")
        }
        return try openTokenSource(name)
    }

    private func allPrompts(_ recipe: Recipe, _ source: (any TokenSource)?) throws(Diagnostic) -> [Prompt] {
        var prompts = prompt.map { Prompt(label: nil, text: $0, source) }
        if let file = self.prompts {
            prompts += try PromptFile.read(file).map { Prompt(label: nil, text: $0, source) }
        }
        guard languages, let source else { return prompts }
        for language in source.languages {
            prompts.append(Prompt(label: language, text: opening(of: source, language, recipe), source))
        }
        return prompts
    }

    /// A few words from within the language's held-out text: the longest line of its first 512 bytes, at most half of
    /// what the model can see.
    private func opening(of corpus: any TokenSource, _ language: String, _ recipe: Recipe) -> String {
        let length = min(512, corpus.validationTokenCount(language: language) - 1)
        guard length > 0 else { return " " }
        var tokens = [Int32](repeating: 0, count: length + 1)
        tokens.withUnsafeMutableBufferPointer {
            corpus.validationWindow(language: language, index: 0, sequenceLength: length, into: $0)
        }
        let text = String(decoding: tokens.flatMap { corpus.text(of: $0) }, as: UTF8.self)
        let lines = text.split(separator: "\n").dropLast().map { $0.drop { $0 == " " } }
        let longest = lines.max { $0.count < $1.count } ?? " "
        var words = longest.prefix(24)
        while words.utf8.count > max(recipe.model.sequenceLength / 2, 1), words.count > 1 { words.removeLast() }
        return String(words)
    }

    private func show(_ prompt: Prompt, _ text: String) throws(Diagnostic) {
        if json {
            return try Console.printJSON(
                GeneratedLine(language: prompt.label, prompt: prompt.text, text: text))
        }
        Console.print(prompt.opening + text)
    }

    private struct GeneratedLine: Encodable {
        var language: String?
        var prompt, text: String
    }
}
