import Diagnostics
import Foundation
import Interchange
import Numerics
import Programs
import Recipes
import Testing

@testable import Training

/// The golden model `tiny` as transformers' own `save_pretrained` wrote it, and copies of it that a test may spoil.
enum BloomFixture {
    static let folder = TestData.repository + "/fixtures/interchange/bloom-tiny"

    /// A copy whose `config.json` is `change`d, with other weights if given.
    static func copy(
        to place: String, config change: (inout [String: Any]) -> Void = { _ in }, weights: String? = nil
    ) throws -> String {
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
        var config = try configuration(folder)
        change(&config)
        try JSONSerialization.data(withJSONObject: config).write(to: URL(filePath: place + "/config.json"))
        try FileManager.default.copyItem(
            atPath: weights ?? folder + "/model.safetensors", toPath: place + "/model.safetensors")
        return place
    }

    static func configuration(_ folder: String) throws -> [String: Any] {
        let data = try Data(contentsOf: URL(filePath: folder + "/config.json"))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// Writes the fixture's tensors again, each as `change` makes it; `nil` leaves it out.
    static func weights(
        to path: String, extra: [(TensorDescription, [UInt8])] = [],
        _ change: (TensorDescription, [UInt8]) -> (TensorDescription, [UInt8])?
    ) throws -> String {
        let file = try SafetensorsFile(path: folder + "/model.safetensors")
        let tensors = try file.tensors.compactMap { tensor in change(tensor, try bytes(file, tensor.name)) } + extra
        try Safetensors.write(tensors.map { $0.0 }, to: path) { (append) throws(Diagnostic) in
            for (_, bytes) in tensors {
                let failure = bytes.withUnsafeBytes { raw in
                    diagnostic { () throws(Diagnostic) in try append(raw) }
                }
                if let failure { throw failure }
            }
        }
        return path
    }

    static func bytes(_ file: SafetensorsFile, _ name: String) throws -> [UInt8] {
        try file.withBytes(of: name) { (raw) throws(Diagnostic) in Array(raw) }
    }

    /// A run folder that holds the golden model `tiny`, and its recipe.
    static func run(in folder: TemporaryFolder, _ layout: Layout = Layout(zero: 0)) throws -> (
        checkpoint: Checkpoint, recipe: Recipe
    ) {
        let executor = try GoldenValues("tiny").engine(layout)
        let run = try folder.run()
        let digest = try StateDigest(of: executor, step: 0, samples: 0).root
        let place = try Checkpoint.write(executor, step: 0, samples: 0, digest: digest, in: run)
        return (try Checkpoint(place), executor.recipe)
    }

    static func kernels() throws -> KernelContext { try KernelContext(instructionSet: nil, workers: 1) }
}
