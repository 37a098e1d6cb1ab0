import Foundation
import Testing

@testable import Ledger

/// One altered bit, wherever it is, is found and the thing that holds it named.
///
/// 25 flips of each kind, or as many as `SERRE_FLIPS` says; `scripts/flip-test` runs 1,000.
@Suite struct FlipTests {
    enum Kind: String, CaseIterable, CustomTestStringConvertible {
        case reference, packedReference, commit, tree, manifest, metrics, packedObject
        case weightChunk, checkpointIndex, tokens, swappedChunks, swappedFiles

        var testDescription: String { rawValue }
    }

    private static let flips = ProcessInfo.processInfo.environment["SERRE_FLIPS"].flatMap { Int($0) } ?? 25

    @Test(arguments: Kind.allCases)
    func isNamed(kind: Kind) throws {
        let made = try RecordedRun()
        #expect(try made.verifyInputs().problems == [])
        var random = SplitMix(seed: UInt64(Kind.allCases.firstIndex(of: kind) ?? 0) + 100)
        let targets = try Targets(kind, of: made)
        var missed: [String] = []
        for _ in 0..<Self.flips {
            let alteration = targets.draw(&random)
            try alteration.apply()
            let report = try kind.isBesideRecord ? made.verifyInputs() : made.verifyRecord()
            if !report.problems.contains(where: { $0.object.hasPrefix(alteration.named) }) {
                missed.append("\(alteration): \(report.problems.map(\.object))")
            }
            try alteration.undo()
        }
        #expect(missed.isEmpty, "\(missed.count) of \(Self.flips) not named: \(missed.prefix(5))")
        #expect(try made.verifyInputs().problems == [], "undone, all is well again")
    }
}

extension FlipTests.Kind {
    /// Whether the thing is a file beside the record, which only the level of inputs looks at.
    var isBesideRecord: Bool {
        [.weightChunk, .checkpointIndex, .tokens, .swappedChunks, .swappedFiles].contains(self)
    }
}

/// A change to files that can be undone, and what a verification must call the thing that it damages.
private struct Alteration: CustomStringConvertible {
    var named: String
    var paths: [String]
    var description: String
    var change: ([[UInt8]]) -> [[UInt8]]
    private let before: [[UInt8]]

    init(_ named: String, _ paths: [String], _ description: String, change: @escaping ([[UInt8]]) -> [[UInt8]]) throws {
        (self.named, self.paths, self.description, self.change) = (named, paths, description, change)
        before = try paths.map { Array(try Data(contentsOf: URL(fileURLWithPath: $0))) }
    }

    func apply() throws { try write(change(before)) }
    func undo() throws { try write(before) }

    /// In place: a pack may be mapped.
    private func write(_ contents: [[UInt8]]) throws {
        for (path, content) in zip(paths, contents) {
            chmod(path, 0o644)
            let file = open(path, O_WRONLY)
            try #require(file >= 0 && pwrite(file, content, content.count, 0) == content.count)
            close(file)
        }
    }
}

/// What the flips of a kind may hit.
private struct Targets {
    private var draws: [(inout SplitMix) throws -> Alteration] = []

    func draw(_ random: inout SplitMix) -> Alteration {
        do {
            return try draws[Int.random(in: 0..<draws.count, using: &random)](&random)
        } catch {
            preconditionFailure("\(error)")
        }
    }

    init(_ kind: FlipTests.Kind, of made: RecordedRun) throws {
        let reference = "reference refs/serre/runs/\(made.run)"
        let last = "checkpoints/step-00000030/"
        func loose(_ kind: ObjectKind, _ ids: [String]) {
            for id in ids { flip("\(kind.rawValue) \(id)", made.objectPath(id)) }
        }
        switch kind {
        case .reference: flip(reference, made.reference)
        case .packedReference:
            try made.git.git("pack-refs", "--all")
            let packed = "\(made.git.root)/repo/.git/packed-refs"
            let text = try String(contentsOfFile: packed, encoding: .utf8)
            let line = try #require(text.range(of: " refs/serre/runs/"))
            let end = text.utf8.distance(from: text.startIndex, to: line.lowerBound)
            flip(reference, packed, bytes: end - 40..<end)
        case .commit: loose(.commit, try made.objects(.commit))
        case .tree: loose(.tree, try made.objects(.tree))
        case .manifest: loose(.blob, [try made.blob("record.json"), try made.blob("data/manifest.json")])
        case .metrics:
            loose(
                .blob,
                try ["000001-000010", "000011-000020", "000021-000030"].map {
                    try made.blob("metrics/000000/\($0).jsonl")
                })
        case .packedObject: try flipPacked(made)
        case .weightChunk:
            for rank in 0..<2 {
                let name = "\(last)rank-0000\(rank).safetensors"
                draws.append { random in
                    let bit = Int.random(in: 0..<800_000, using: &random)
                    return try Self.flipped(
                        "\(name), chunk \(bit / 8 / RecordedRun.chunkBytes) ", "\(made.folder)/\(name)", bit)
                }
            }
        case .checkpointIndex: flip(last + "index.json", "\(made.folder)/\(last)index.json")
        case .tokens: for file in made.corpus { flip(file.path, file.path) }
        case .swappedChunks: swapChunks(made, last + "rank-00000.safetensors")
        case .swappedFiles:
            let names = (0..<2).map { "\(last)rank-0000\($0).safetensors" }
            let paths = names.map { "\(made.folder)/\($0)" }
            draws.append { _ in try Alteration(names[0], paths, "files swapped") { [$0[1], $0[0]] } }
            draws.append { _ in
                let paths = made.corpus.map(\.path)
                return try Alteration(paths[1], paths, "shards swapped") { [$0[1], $0[0]] }
            }
        }
    }

    private static func flipped(_ named: String, _ path: String, _ bit: Int) throws -> Alteration {
        try Alteration(named, [path], "bit \(bit) of \(path)") { contents in
            var bytes = contents[0]
            bytes[bit / 8] ^= 1 << (bit % 8)
            return [bytes]
        }
    }

    private mutating func flip(_ named: String, _ path: String, bytes: Range<Int>? = nil) {
        draws.append { random in
            let size = try Data(contentsOf: URL(fileURLWithPath: path)).count
            let range = bytes ?? 0..<size
            return try Self.flipped(
                named, path, 8 * range.lowerBound + Int.random(in: 0..<8 * range.count, using: &random))
        }
    }

    /// The packed bytes of each object of the record.
    private mutating func flipPacked(_ made: RecordedRun) throws {
        var ids: [(ObjectKind, String)] = []
        for kind in [ObjectKind.commit, .tree, .blob] { ids += try made.objects(kind).map { (kind, $0) } }
        try made.git.git("gc", "-q", "--prune=now")
        let folder = "\(made.git.root)/repo/.git/objects/pack"
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { $0.hasSuffix(".idx") }
        let name = try #require(names.first)
        let index = try #require(PackIndex("\(folder)/\(name)"))
        for (kind, id) in ids {
            let bytes = stride(from: 0, to: 40, by: 2).map { UInt8(id.dropFirst($0).prefix(2), radix: 16) ?? 0 }
            let entry = try #require(index.entry(of: bytes), "\(id) is packed")
            flip("\(kind.rawValue) \(id)", index.pack, bytes: entry.range)
        }
    }

    private mutating func swapChunks(_ made: RecordedRun, _ name: String) {
        draws.append { random in
            // The last chunk is shorter.
            let chunk = RecordedRun.chunkBytes
            let first = Int.random(in: 0..<5, using: &random)
            let second = Int.random(in: first + 1..<6, using: &random)
            return try Alteration("\(name), chunk \(second) ", ["\(made.folder)/\(name)"], "chunks \(first), \(second)")
            {
                var bytes = $0[0]
                for place in 0..<chunk { bytes.swapAt(first * chunk + place, second * chunk + place) }
                return [bytes]
            }
        }
    }
}
