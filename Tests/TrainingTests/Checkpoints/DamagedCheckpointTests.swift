import Diagnostics
import Foundation
import Numerics
import Recipes
import Testing

@testable import Training

/// Damage of every kind is told in words, with the file's name, before anything is trained on it.
@Suite("Damaged checkpoints")
struct DamagedCheckpointTests {
    private let folder: TemporaryFolder
    private let run: RunFolder
    private var checkpoint: String { run.checkpoint(1) }
    private var index: String { checkpoint + "/index.json" }
    private var rankFile: String { checkpoint + "/rank-00001.safetensors" }

    init() throws {
        folder = try TemporaryFolder()
        run = try folder.run()
        try NanoTrainer.start(run, until: 1, layout: Layout(data: 2, microBatch: 8))
    }

    /// What resuming from the checkpoint says; `nil` when it works.
    private func refusal(_ change: (inout Recipe) -> Void = { _ in }) throws -> Diagnostic? {
        let nano = try NanoTrainer(run, change)
        return diagnostic { () throws(Diagnostic) in try nano.trainer.resume(from: Checkpoint(checkpoint)) }
    }

    private func edit(_ file: String, _ change: (inout Data) -> Void) throws {
        var data = try Data(contentsOf: URL(filePath: file))
        change(&data)
        try data.write(to: URL(filePath: file))
    }

    private func editIndex(_ change: (inout CheckpointIndex) -> Void) throws {
        var value = try CheckpointIndex.read(checkpoint)
        change(&value)
        try Data(value.encoded()).write(to: URL(filePath: index))
    }

    @Test("an untouched one is accepted")
    func untouched() throws {
        #expect(try refusal() == nil)
        try editIndex { _ in }
        #expect(try refusal() == nil)
    }

    @Test("a truncated, grown, missing or emptied file", arguments: [-1, 1, -1000, Int.min, 0])
    func length(change: Int) throws {
        switch change {
        case Int.min: try FileManager.default.removeItem(atPath: rankFile)
        case 0: try edit(rankFile) { $0.removeAll() }
        case 1: try edit(rankFile) { $0.append(0) }
        default: try edit(rankFile) { $0.removeLast(-change) }
        }
        let found = try #require(try refusal())
        #expect(found.code == "checkpoint.truncated")
        #expect(found.location?.file == rankFile)
        #expect(found.exitStatus == 2)
    }

    @Test("one changed bit anywhere in a file")
    func altered() throws {
        let size = try Data(contentsOf: URL(filePath: rankFile)).count
        for place in Array(0..<12) + spread(20, over: size) {
            try edit(rankFile) { $0[place] ^= 1 << (place % 8) }
            let found = try #require(try refusal(), "byte \(place)")
            #expect(found.location?.file == rankFile, "byte \(place): \(found)")
            // Damage in the header may be noticed before the digest is.
            let codes = place > 100_000 ? ["checkpoint.altered"] : ["checkpoint.altered", "safetensors."]
            #expect(codes.contains { found.code.hasPrefix($0) }, "byte \(place): \(found)")
            try edit(rankFile) { $0[place] ^= 1 << (place % 8) }
        }
    }

    @Test("a missing or cut index, or one of another format")
    func damagedIndex() throws {
        let whole = try Data(contentsOf: URL(filePath: index))
        for length in spread(12, over: whole.count - 2) {
            try whole.prefix(length).write(to: URL(filePath: index))
            #expect(try refusal()?.code == "checkpoint.index", "\(length) bytes")
        }
        try whole.write(to: URL(filePath: index))
        try editIndex { $0.format = "serre-checkpoint-99" }
        #expect(try refusal()?.code == "checkpoint.format")
        try FileManager.default.removeItem(atPath: index)
        #expect(try refusal()?.code == "checkpoint.missing")
        #expect(run.checkpointSteps() == [])
    }

    @Test("an index that tells another story than its files")
    func alteredIndex() throws {
        let whole = try Data(contentsOf: URL(filePath: index))
        func expect(_ code: String, _ change: (inout CheckpointIndex) -> Void) throws {
            try editIndex(change)
            #expect(try refusal()?.code == code)
            try whole.write(to: URL(filePath: index))
        }
        try expect("checkpoint.digest") { $0.step += 1 }
        try expect("checkpoint.digest") { $0.samples = -1 }
        try expect("checkpoint.digest") { $0.stateDigest = "sha256:" + String(repeating: "0", count: 64) }
        try expect("checkpoint.altered") { $0.files[0].sha256 = $0.files[1].sha256 }
        try expect("checkpoint.truncated") { $0.files[1].name = "../other" }
        try expect("checkpoint.incomplete") { $0.files.removeLast() }
        try expect("checkpoint.incomplete") { $0.files[0].pieces.removeFirst() }
        try expect("checkpoint.incomplete") { $0.files = [] }
        try expect("safetensors.no-tensor") { $0.files[0].pieces[0].begin += 1 }
        try expect("safetensors.no-tensor") { $0.files[0].pieces[0].tensor = "third_moment" }
        try expect("safetensors.mismatch") { $0.files[0].pieces[0].count = -1 }
        try expect("checkpoint.model") { $0.parameters[3].rows += 1 }
        try expect("checkpoint.model") { $0.parameters[3].name = "h.0.other.weight" }
        try expect("checkpoint.model") { $0.parameters.removeLast() }
        try expect("checkpoint.numerics") { $0.numerics = "exact-9" }
    }

    @Test("any number in the index, replaced by an extreme one")
    func extremeNumbers() throws {
        let text = try String(contentsOfFile: index, encoding: .utf8)
        let numbers = text.matches(of: /: (\d+)/)
        for place in spread(24, over: numbers.count) {
            for extreme in ["-1", "9223372036854775807", "-9223372036854775808", "1e999"] {
                let changed = text.replacingCharacters(
                    in: numbers[place].output.1.startIndex..<numbers[place].output.1.endIndex, with: extreme)
                try Data(changed.utf8).write(to: URL(filePath: index))
                let found = try #require(try refusal(), "number \(place) as \(extreme)")
                #expect(found.code.hasPrefix("checkpoint.") || found.code.hasPrefix("safetensors."), "\(found)")
            }
        }
    }

    @Test("another model, another arithmetic contract")
    func otherRecipe() throws {
        #expect(try refusal { $0.model.layers = 2 }?.code == "checkpoint.model")
        #expect(try refusal { $0.model.paddedVocabulary = 272 }?.code == "checkpoint.model")
        #expect(
            try refusal {
                $0.model.hidden = 96
                $0.model.ffn = 384
            }?.code == "checkpoint.model")
        #expect(try refusal { $0.numerics = .blas }?.code == "checkpoint.numerics")
    }
}
