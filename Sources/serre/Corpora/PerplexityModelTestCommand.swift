import ArgumentParser
import Cleaning
import Diagnostics
import Foundation
import Tables

struct PerplexityModelTestCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "test",
        abstract: "How many bits per byte texts cost under their language's model, to choose a maximum by.",
        discussion: """
            Example:
              serre corpus perplexity-model train fixtures/corpus -o models
              serre corpus perplexity-model test fixtures/corpus --models models

            Of built corpora the validation split is measured. Half of a language's texts cost at most the median, 90 of \
            100 at most the figure under 90 %, and so on. Languages without a model are left out.
            """)
    @OptionGroup var texts: LanguageTextArguments
    @Option(help: "Folder of models, as train writes it.", completion: .directory)
    var models: String
    @Flag(help: "Print JSON: an object for each language.")
    var json = false

    private struct Report: Encodable {
        var language: String
        var documents: Int
        /// Bits per byte that so many of 100 texts cost at most.
        var median, p90, p99, maximum: Double

        init(_ language: String, _ bits: [Double]) {
            let sorted = bits.sorted()
            func rank(_ hundredths: Int) -> Double { sorted[max(0, (sorted.count * hundredths + 99) / 100 - 1)] }
            (self.language, documents) = (language, bits.count)
            (median, p90, p99, maximum) = (rank(50), rank(90), rank(99), rank(100))
        }
    }

    func run() throws {
        var found = ByLanguage<(model: ByteModel?, bits: [Double])>()
        try texts.visit(.validation) { (language, text) throws(Diagnostic) in
            let path = "\(models)/\(language).bin"
            var loaded: ByteModel?
            if !found.entries.contains(where: { $0.language == language }),
                FileManager.default.fileExists(atPath: path)
            {
                loaded = try ByteModel(path: path)
            }
            found.update(language, or: (loaded, [])) { entry in
                if let bits = entry.model?.bitsPerByte(of: text) { entry.bits.append(bits) }
            }
        }
        let reports = found.entries.filter { !$0.value.bits.isEmpty }.map { Report($0.language, $0.value.bits) }
        guard !reports.isEmpty else {
            throw Diagnostic(
                "perplexity-model.no-model", "no text is in a language that has a model", at: .init(file: models),
                expected: "a file <language>.bin for a language of the texts",
                remedy: "train one: serre corpus perplexity-model train")
        }
        if json { return try reports.forEach { try Console.printJSON($0) } }
        var table = TextTable(
            header: ["language", "documents", "median", "90 %", "99 %", "most"], numeric: [1, 2, 3, 4, 5])
        for report in reports {
            table.rows.append(
                [report.language, grouped(report.documents)]
                    + [report.median, report.p90, report.p99, report.maximum].map { fixed($0, 2) })
        }
        for line in table.lines { Console.print(line) }
    }
}
