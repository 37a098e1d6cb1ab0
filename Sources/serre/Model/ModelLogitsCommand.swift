import ArgumentParser
import Diagnostics
import Evaluation
import Interchange
import Training

extension ModelCommand {
    struct Logits: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write the logits of given tokens, to compare a model with what other software makes of it.",
            discussion: """
                Example:
                  serre model logits runs/20260101-120000-demo-0a1b --tokens tokens.safetensors -o logits.safetensors

                Reads the tensor tokens (I32 or I64, [samples, length]) and writes the tensor logits (F32, [samples, \
                length, rows of the embedding]).
                """)
        @Argument(
            help: ArgumentHelp("A run's folder, its id under runs, or latest.", valueName: "run"),
            completion: .directory)
        var folder: String
        @Option(help: ArgumentHelp("Safetensors file with the token ids.", valueName: "file"), completion: .file())
        var tokens: String
        @Option(name: [.short, .long], help: "Safetensors file to write.", completion: .file())
        var output: String
        @OptionGroup var workerArguments: WorkerArguments

        func run() throws {
            let samples = try Self.samples(SafetensorsFile(path: tokens))
            let (step, checkpoint, recipe) = try ModelCommand.trained(NamedRun.folder(folder))
            let reader = try LogitsReader(
                recipe: recipe, kernels: try workerArguments.kernels(recipe, processes: 1))
            try checkpoint.check(against: recipe)
            try checkpoint.load(into: reader.model)
            let shape = [samples.count, samples[0].count, reader.width]
            try Safetensors.write([.init("logits", .float32, shape: shape)], to: output) {
                (append) throws(Diagnostic) in
                for sample in samples { try Self.put(reader.logits(of: sample), append) }
            }
            Console.print("\(output): logits \(shape) at step \(step)")
        }

        private static func put(
            _ logits: [Float], _ append: (UnsafeRawBufferPointer) throws(Diagnostic) -> Void
        ) throws(Diagnostic) {
            var failure: Diagnostic?
            logits.withUnsafeBytes { bytes in
                do throws(Diagnostic) { try append(bytes) } catch { failure = error }
            }
            if let failure { throw failure }
        }

        /// The rows of the tensor `tokens`.
        private static func samples(_ file: SafetensorsFile) throws(Diagnostic) -> [[Int32]] {
            let tensor = try file.tensor("tokens")
            guard tensor.shape.count == 2, tensor.shape.allSatisfy({ $0 > 0 }), [.int32, .int64].contains(tensor.type)
            else {
                throw Diagnostic(
                    "logits.tokens", "the tensor is not a table of token ids",
                    at: .init(file: file.path, key: tensor.name), expected: "I32 or I64 [samples, length]",
                    found: "\(tensor.type.rawValue) \(tensor.shape)")
            }
            let length = tensor.shape[1]
            return try file.withBytes(of: tensor.name) { (bytes) throws(Diagnostic) in
                (0..<tensor.shape[0]).map { sample in
                    (sample * length..<(sample + 1) * length).map { index in
                        tensor.type == .int32
                            ? bytes.loadUnaligned(fromByteOffset: 4 * index, as: Int32.self)
                            : Int32(clamping: bytes.loadUnaligned(fromByteOffset: 8 * index, as: Int64.self))
                    }
                }
            }
        }
    }
}
