import ArgumentParser
import Corpora
import Diagnostics
import Foundation
import Interchange
import Training

extension ModelCommand {
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write a run's last checkpoint as a Hugging Face folder, with its tokeniser.",
            discussion: """
                Examples:
                  serre model export runs/20260101-120000-demo-0a1b -o models/demo
                  serre model export runs/20260101-120000-demo-0a1b -o models/demo --max-shard-size 500MB

                In Python: AutoModelForCausalLM.from_pretrained("models/demo"), AutoTokenizer likewise. The weights are \
                float32, the same values bit for bit. The tokeniser is that of the run's corpus; its document end begins and \
                ends a document.
                """)
        @Argument(
            help: ArgumentHelp("A run's folder, its id under runs, or latest.", valueName: "run"),
            completion: .directory)
        var folder: String
        @Option(name: [.short, .long], help: "Folder to write; it appears whole or not at all.", completion: .file())
        var output: String
        @Option(
            help: ArgumentHelp(
                "Most bytes of weights in one file, such as 500MB or 2GiB; a larger model gets several files and an index.",
                valueName: "size"))
        var maxShardSize = ByteCount(bytes: ModelExport.largestShard)
        @Option(
            help: "Manifest of the run's token files, where they have moved (default: where the run read them).",
            completion: .file())
        var corpus: String?
        @Flag(help: "Replace the output folder if it is an exported model.")
        var replace = false
        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let run = try NamedRun.folder(folder)
            let (step, checkpoint, recipe) = try ModelCommand.trained(run)
            let tokenizer = recipe.data.tokenizer == "bytes" ? nil : try tokenizer(of: run)
            let receipt = try ModelExport.write(
                checkpoint, of: recipe, to: output, tokenizer: tokenizer, largestShard: maxShardSize.bytes,
                replace: replace)
            let weights = receipt.weights.files.map {
                WeightFile(file: $0.name, bytes: $0.byteCount, sha256: $0.digest.hex)
            }
            if json {
                return try Console.printJSON(
                    Report(
                        folder: receipt.folder, architecture: receipt.architecture, parameters: receipt.parameters,
                        weights: weights))
            }
            Console.print(
                "\(receipt.folder): \(receipt.architecture), step \(step), \(grouped(receipt.parameters)) parameters")
            for weight in weights { Console.print("\(weight.file) sha256 \(weight.sha256)") }
        }

        /// The tokeniser of the token files that the run learnt from; `nil`, with a warning, where they cannot be found.
        private func tokenizer(of run: RunFolder) throws(Diagnostic) -> TokenizerFiles? {
            let remembered = try RunCorpus.read(run)
            guard let path = corpus ?? remembered?.folder, path.hasSuffix(".json"),
                corpus != nil || FileManager.default.fileExists(atPath: path)
            else {
                Console.warn(
                    "the folder has no tokenizer.json: the run's token files are not where they were; name their manifest "
                        + "with --corpus PREFIX.json")
                return nil
            }
            let (digest, files) = try TokenManifest.tokenizerFiles(path)
            guard let remembered, remembered.digest != digest.description else { return files }
            throw Diagnostic(
                "model.corpus", "these are not the token files that the run learnt from", at: .init(file: path),
                expected: remembered.digest, found: digest.description,
                remedy: "name the right ones with --corpus PREFIX.json")
        }

        private struct Report: Encodable {
            var folder: String
            /// The class of transformers that loads the folder.
            var architecture: String
            var parameters: Int
            var weights: [WeightFile]
        }

        private struct WeightFile: Encodable {
            var file: String
            var bytes: Int
            /// As sha256sum prints it.
            var sha256: String
        }
    }
}
