import ArgumentParser
import Diagnostics
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
                float32, the same values bit for bit. Token ids are UTF-8 bytes; <|end|> begins and ends a document.
                """)
        @Argument(help: ArgumentHelp("A run's folder.", valueName: "run"))
        var folder: String
        @Option(name: [.short, .long], help: "Folder to write; it appears whole or not at all.")
        var output: String
        @Option(
            help: ArgumentHelp(
                "Most bytes of weights in one file, such as 500MB or 2GiB; a larger model gets several files and an index.",
                valueName: "size"))
        var maxShardSize = ByteCount(bytes: ModelExport.largestShard)
        @Flag(help: "Replace the output folder if it is an exported model.")
        var replace = false
        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let (step, checkpoint, recipe) = try ModelCommand.trained(RunFolder(folder))
            let receipt = try ModelExport.write(
                checkpoint, of: recipe, to: output, largestShard: maxShardSize.bytes, replace: replace)
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
