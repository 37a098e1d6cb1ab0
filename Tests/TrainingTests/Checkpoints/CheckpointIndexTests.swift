import Foundation
import Testing

@testable import Training

@Suite("The index of a checkpoint")
struct CheckpointIndexTests {
    private var index: CheckpointIndex {
        var history = GuardHistory(updates: 3)
        history.losses = [ExactNumber(1.5), ExactNumber(.nan)]
        history.decisions = [
            GuardDecision(
                step: 2, cause: .spike, action: .rollBack, firstSample: 8, endSample: 16, rolledBackTo: 1,
                loss: ExactNumber(9), gradientNorm: ExactNumber(.infinity), largestLoss: ExactNumber(3)),
            GuardDecision(
                step: 3, cause: .nonFinite, action: .skip, firstSample: 16, endSample: 24, loss: ExactNumber(.nan),
                gradientNorm: ExactNumber(0)),
        ]
        let pieces = [
            CheckpointIndex.Piece(parameter: "a/b.weight", tensor: "parameter", begin: 0, count: 12),
            CheckpointIndex.Piece(parameter: "a/b.weight", tensor: "first_moment", begin: -1, count: 0),
        ]
        return CheckpointIndex(
            step: 4, samples: 32, recipeName: "“serre” \"été\" \\ / \u{1}\u{1F}\n\t\r\u{8}\u{C} \u{7F} 温室",
            recipeDigest: "sha256:00", layout: "tensor 1", numerics: "exact-1", stateDigest: "sha256:01",
            guardHistory: history, beganFromSeed: true, parameters: [.init(name: "a/b.weight", rows: 3, columns: 4)],
            files: [
                .init(name: "rank-00000", bytes: 9, sha256: "02", chunkBytes: 4, chunks: ["03", "04"], pieces: pieces),
                .init(name: "rank-00001", bytes: 0, sha256: "05", chunks: [], pieces: []),
            ])
    }

    private func foundation(_ value: some Encodable) throws -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .prettyPrinted, .withoutEscapingSlashes]
        return String(decoding: try encoder.encode(value), as: UTF8.self)
    }

    @Test("it is written as Foundation writes it, byte for byte, and is read back")
    func asFoundationWritesIt() throws {
        var bare = index
        (bare.guardHistory, bare.beganFromSeed, bare.files, bare.parameters) = (nil, nil, [], [])
        for index in [index, bare] {
            let bytes = index.encoded()
            #expect(String(decoding: bytes, as: UTF8.self) == (try foundation(index)) + "\n")
            #expect(try JSONDecoder().decode(CheckpointIndex.self, from: Data(bytes)) == index)
        }
    }

    @Test("so is the list of files that hosts exchange")
    func exchange() throws {
        let bytes = CheckpointIndex.encoded(index.files)
        #expect(String(decoding: bytes, as: UTF8.self) == (try foundation(index.files)))
        #expect(try CheckpointIndex.files(bytes[...]) == index.files)
    }
}
