import ArgumentParser
import Cleaning
import Diagnostics
import Foundation
import Integrity

/// Trains and measures the language model that is part of the program; for `scripts/train-language-model`.
struct LanguageModelCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "language-model",
        abstract: "Train and measure the model that tells languages apart.",
        discussion: """
            Example:
              serre corpus language-model test texts/test

            Texts are DIR/<language>/*.txt, documents separated by form feeds, as scripts/language_texts.py makes them.
            """,
        shouldDisplay: false,
        subcommands: [Train.self, Test.self])

    struct Train: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Make a model's file from labelled text; the same text gives the same file.",
            discussion: "Example:\n  serre corpus language-model train texts/train --tags 'de fr' -o model.bin")
        @Argument(help: "Folder with one folder for each language tag.", completion: .directory)
        var folder: String
        @Option(help: "Tags to train on, separated by spaces (default: all folders).")
        var tags: String?
        @Option(help: "Number of n-grams in the model.")
        var features = 10_000
        @Option(help: "Most bytes of each text file that are used.")
        var bytesPerFile = 150_000
        @Option(name: [.short, .long], help: "File to write.", completion: .file())
        var output: String

        func run() throws {
            var trainer = LanguageTrainer(featureCount: features)
            for tag in tags?.split(separator: " ").map(String.init) ?? LabelledTexts.names(in: folder) {
                var text: [UInt8] = []
                for file in try LabelledTexts.files(of: tag, in: folder) { text += file.prefix(bytesPerFile) }
                trainer.add(tag: tag, text: text)
            }
            let model = try trainer.model()
            try AtomicFile.write(model, to: output)
            print("\(output): \(model.count) bytes, \(SHA256.digest(of: model))")
        }
    }

    struct Test: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Accuracy and confusions on labelled text, by samples of 200 characters and more.",
            discussion: "Example:\n  serre corpus language-model test texts/test")
        @Argument(help: "Folder with one folder for each language.", completion: .directory)
        var folder: String
        @Option(help: "File of the model (default: the one in the program).", completion: .file())
        var model: String?

        func run() throws {
            let identifier = try model.map(LanguageIdentifier.init(path:)) ?? .shipped()
            let scratch = CleaningScratch()
            var evaluation = LanguageEvaluation()
            for tag in LabelledTexts.names(in: folder) where identifier.tags.contains(tag) {
                for file in try LabelledTexts.files(of: tag, in: folder) {
                    for document in file.split(separator: 0x0C) {
                        evaluation.add(
                            document: Array(document), language: primaryLanguage(of: tag), identifier: identifier,
                            scratch: scratch)
                    }
                }
            }
            LanguageTable.print(evaluation)
        }
    }
}

/// Folders of labelled text.
private enum LabelledTexts {
    static func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    /// The text files of a tag, by name.
    static func files(of tag: String, in folder: String) throws(Diagnostic) -> [[UInt8]] {
        let path = "\(folder)/\(tag)"
        let files = names(in: path).filter { $0.hasSuffix(".txt") }
        guard !files.isEmpty else {
            throw Diagnostic(
                "language-model.no-texts", "there is no text of a language", at: .init(file: path),
                expected: "text files, as scripts/language_texts.py makes them")
        }
        return files.compactMap { FileManager.default.contents(atPath: "\(path)/\($0)").map(Array.init) }
    }
}

/// The table of an evaluation.
private enum LanguageTable {
    /// Languages with fewer samples are listed, but not counted in the last line.
    static let samplesMin = 100

    static func print(_ evaluation: LanguageEvaluation) {
        Swift.print("language  samples  right    taken for")
        for language in evaluation.languages {
            let others = evaluation.row(of: language).filter { $0.told != language }
            let names = others.prefix(6).map { "\($0.told) \($0.count)" }.joined(separator: ", ")
            let right = percent(evaluation.accuracy(of: language))
            Swift.print(
                pad(language, 10) + pad(String(evaluation.count(of: language)), 9) + pad(right, 9) + names)
        }
        let counted = evaluation.languages.filter { evaluation.count(of: $0) >= samplesMin }
        let good = counted.filter { evaluation.accuracy(of: $0) >= 0.98 }
        Swift.print(
            "mean \(percent(evaluation.meanAccuracy)) of \(evaluation.languages.count) languages;",
            "at least 98 % in \(good.count) of \(counted.count) languages with \(samplesMin) samples or more")
    }

    private static func percent(_ share: Double) -> String {
        let hundredths = Int((share * 10_000).rounded())
        return "\(hundredths / 100).\(hundredths % 100 < 10 ? "0" : "")\(hundredths % 100) %"
    }

    private static func pad(_ text: String, _ width: Int) -> String {
        text + String(repeating: " ", count: max(1, width - text.count))
    }
}
