import ArgumentParser
import Cleaning
import Diagnostics
import Foundation
import Tables

struct PerplexityModelTrainCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "train",
        abstract: "Make a model for each language of clean texts; write FOLDER/<language>.bin.",
        discussion: """
            Example:
              serre corpus perplexity-model train fixtures/corpus -o models

            Texts come from built corpora (their train split), folders and files. The same texts give the same files, \
            whatever the number of workers.
            """)
    @OptionGroup var texts: LanguageTextArguments
    @Option(name: [.short, .long], help: "Folder to write the models to.", completion: .file())
    var output: String
    @Option(help: "Length of the longest n-grams, in bytes: 1 to 7.")
    var order = 6
    @Option(help: ArgumentHelp("Most bytes of text that are used of a language.", valueName: "size"))
    var maxBytes = ByteCount(bytes: 32_000_000)
    @OptionGroup var workers: WorkerArgument
    @Flag(help: "Replace models that are there already.")
    var replace = false
    @Flag(help: "Print JSON: an object for each model.")
    var json = false

    private struct Report: Encodable {
        var file, language, digest: String
        /// Documents that were used, their bytes, and documents beyond the bound.
        var documents, bytes, unused: Int
        var fileBytes: Int

        enum CodingKeys: String, CodingKey {
            case file, language, digest, documents, bytes, unused
            case fileBytes = "file_bytes"
        }
    }

    func validate() throws {
        if !(1...7).contains(order) { throw ValidationError("--order must be from 1 to 7.") }
        if maxBytes.bytes > 1 << 30 { throw ValidationError("--max-bytes must be at most 1GiB.") }
    }

    func run() throws {
        let workers = try workers.count()
        var trainers = ByLanguage<ByteModelTrainer>()
        try texts.visit(.train) { (language, text) throws(Diagnostic) in
            trainers.update(
                language, or: ByteModelTrainer(language: language, order: order, bytesMax: maxBytes.bytes)
            ) { $0.add(text) }
        }
        guard !trainers.entries.isEmpty else {
            throw Diagnostic(
                "perplexity-model.no-texts", "there is no text to make a model of",
                expected: "texts in a natural language: code has no such models")
        }
        try makeFolder()
        let paths = trainers.entries.map { "\(output)/\($0.language).bin" }
        for path in paths where !replace && FileManager.default.fileExists(atPath: path) {
            throw Diagnostic(
                "perplexity-model.exists", "there is a model already", at: .init(file: path),
                remedy: "name another folder, or --replace")
        }
        var table = TextTable(
            header: ["model", "documents", "bytes", "unused", "file", "digest"], numeric: [1, 2, 3, 4])
        for (path, (language, trainer)) in zip(paths, trainers.entries) {
            Console.progress("\(language): \(bytesText(trainer.usedBytes))")
            let model = trainer.model(workers: workers)
            try model.write(to: path)
            let report = Report(
                file: path, language: language, digest: model.digest.description, documents: trainer.usedCount,
                bytes: trainer.usedBytes, unused: trainer.unusedCount, fileBytes: model.fileByteCount)
            if json { try Console.printJSON(report) }
            table.rows.append([
                path, grouped(report.documents), grouped(report.bytes), grouped(report.unused),
                bytesText(report.fileBytes), String(report.digest.prefix(19)),
            ])
        }
        Console.endProgress()
        if !json { table.lines.forEach { Console.print($0) } }
    }

    private func makeFolder() throws(Diagnostic) {
        do {
            try FileManager.default.createDirectory(atPath: output, withIntermediateDirectories: true)
        } catch {
            throw Diagnostic(
                "perplexity-model.folder", "cannot make the folder", at: .init(file: output),
                remedy: "choose a folder that you may write to", kind: .failure)
        }
    }
}
