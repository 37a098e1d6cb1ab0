import Diagnostics
import Foundation
import Testing

@testable import Interchange

@Suite struct IndexedTokensTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// What Megatron-LM's own builder wrote: see make_indexed_tokens.py beside it.
    static let reference = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../../fixtures/interchange/indexed-tokens").standardized.path
    /// The documents of its `short` and `wide`.
    static let documents: [[Int32]] = [
        [17, 4, 256], [256], (0..<300).map { Int32($0) }, [65499, 0, 65498], [1, 2, 3, 4, 5],
    ]

    private func write(_ documents: [[Int32]], _ type: TokenType) throws -> IndexedTokensWriter.Receipt {
        let writer = try IndexedTokensWriter(prefix: folder.file("made"), type: type)
        for document in documents { try writer.append(document) }
        return try writer.finish()
    }

    @Test(arguments: [("short", TokenType.uint16), ("wide", .int32)])
    func writesTheBytesThatMegatronWrites(name: String, type: TokenType) throws {
        let receipt = try write(Self.documents, type)
        for suffix in [".bin", ".idx"] {
            #expect(
                try bytes(ofFile: folder.file("made" + suffix)) == bytes(ofFile: "\(Self.reference)/\(name)\(suffix)"))
        }
        let digests = try IndexedTokens(prefix: Self.reference + "/" + name).digests()
        #expect(receipt == .init(documents: 5, tokens: 312, bin: digests.bin, idx: digests.idx))
        #expect(folder.contents.sorted() == ["made.bin", "made.idx"])
    }

    @Test(arguments: [("short", TokenType.uint16), ("wide", .int32)])
    func readsWhatMegatronWrote(name: String, type: TokenType) throws {
        let tokens = try IndexedTokens(prefix: Self.reference + "/" + name)
        try tokens.verify()
        try tokens.verifyTokens(vocabulary: 65500)
        #expect(tokens.type == type && tokens.tokenCount == 312 && tokens.documentCount == 5)
        for (number, document) in Self.documents.enumerated() {
            #expect(try tokens.document(number) == document.map { Int($0) })
        }
        var window = [Int32](repeating: -1, count: 4)
        window.withUnsafeMutableBufferPointer { tokens.copy(from: 2, into: $0) }
        #expect(window == [256, 256, 0, 1])
        let error = #expect(throws: Diagnostic.self) { try tokens.verifyTokens(vocabulary: 65499) }
        #expect(error?.code == "tokens.vocabulary" && error?.found == "65499")
        #expect(error?.message.contains("at byte \(type.byteCount * 304)") == true)
    }

    @Test func readsDocumentsOfSeveralSequences() throws {
        let tokens = try IndexedTokens(prefix: Self.reference + "/cut")
        try tokens.verify()
        #expect(tokens.documentCount == 3 && tokens.sequenceCount == 6)
        #expect(try (0..<3).map { try tokens.document($0) } == [[1, 2, 3, 4, 5, 6], [250_679, 70_000], [7, 8, 9]])
        #expect(try tokens.sequence(2) == [4, 5, 6])
    }

    @Test(arguments: TokenType.allCases)
    func everyTypeHoldsItsNumbersAndRefusesOthers(type: TokenType) throws {
        let bits = 8 * type.byteCount
        let unsigned = type == .uint8 || type == .uint16
        let largest = Int32(clamping: unsigned ? 1 << bits - 1 : bits == 64 ? .max : 1 << (bits - 1) - 1)
        _ = try write([[0, largest], [], [1]], type)
        let tokens = try IndexedTokens(prefix: folder.file("made"))
        try tokens.verify()
        #expect(tokens.type == type)
        #expect(try (0..<3).map { try tokens.document($0) } == [[0, Int(largest)], [], [1]])
        guard largest < .max else { return }
        let error = #expect(throws: Diagnostic.self) { try write([[largest + 1]], type) }
        #expect(error?.code == "tokens.range")
    }

    @Test func theTypeIsTheOneThatMegatronChooses() {
        #expect(TokenType.fitting(vocabulary: 257) == .uint16)
        #expect(TokenType.fitting(vocabulary: 65_499) == .uint16)
        #expect(TokenType.fitting(vocabulary: 65_500) == .int32)
        #expect(TokenType.fitting(vocabulary: 250_680) == .int32)
    }

    @Test func noDocumentsAreFilesToo() throws {
        let receipt = try write([], .int32)
        #expect(receipt.documents == 0 && receipt.tokens == 0)
        let tokens = try IndexedTokens(prefix: folder.file("made"))
        try tokens.verify()
        #expect(tokens.tokenCount == 0 && tokens.documentCount == 0 && tokens.sequenceCount == 0)
    }

    @Test func anIndexOfManyPiecesIsWhole() throws {
        // More documents than one piece of an array holds, so that the boundary is crossed.
        let documents = (0..<70_000).map { [Int32]([Int32($0 % 60_000), 7].prefix(1 + $0 % 2)) }
        let receipt = try write(documents, .uint16)
        let tokens = try IndexedTokens(prefix: folder.file("made"))
        try tokens.verify()
        let digests = try tokens.digests()
        #expect(receipt.bin == digests.bin && receipt.idx == digests.idx && receipt.documents == 70_000)
        for number in [0, 1, 65_535, 65_536, 65_537, 69_999] {
            #expect(try tokens.document(number) == documents[number].map { Int($0) })
        }
    }

    @Test func withoutAnEndNothingIsLeft() throws {
        do {
            let writer = try IndexedTokensWriter(prefix: folder.file("made"), type: .uint16)
            try writer.append([1, 2, 3])
            #expect(folder.contents.count == 2)
        }
        #expect(folder.contents == [])
    }

    @Test func anotherIndexSizeIsRefused() throws {
        _ = try write(Self.documents, .uint16)
        let sound = try (bytes(ofFile: folder.file("made.idx")), bytes(ofFile: folder.file("made.bin")))
        func code(_ idx: [UInt8], _ bin: [UInt8]) throws -> String? {
            _ = try (folder.put(idx, "made.idx"), folder.put(bin, "made.bin"))
            do throws(Diagnostic) {
                _ = try IndexedTokens(prefix: folder.file("made"))
                return nil
            } catch {
                #expect(error.location?.file == folder.file("made.idx") && error.message.contains("at byte"))
                return error.code
            }
        }
        #expect(try code(sound.0, sound.1) == nil)
        #expect(try code(sound.0, sound.1 + [0, 0]) == "tokens.data-size")
        #expect(try code(sound.0, sound.1.dropLast(2)) == "tokens.offset")
        #expect(try code(sound.0 + [0], sound.1) == "tokens.size")
        #expect(try code(sound.0.dropLast(), sound.1) == "tokens.size")
        #expect(try code(Array(sound.0.prefix(33)), sound.1) == "tokens.truncated")
        var lying = sound.0
        // 2^61 sequences: the sizes of the arrays would overflow.
        lying.replaceSubrange(18..<26, with: [0, 0, 0, 0, 0, 0, 0, 0x20])
        #expect(try code(lying, sound.1) == "tokens.count")
    }

    @Test func aMissingFileIsNamed() throws {
        let error = #expect(throws: Diagnostic.self) { try IndexedTokens(prefix: folder.file("none")) }
        #expect(error?.code == "tokens.open" && error?.location?.file == folder.file("none.idx"))
    }

    @Test func aThousandMillionTokensOpenWithoutBeingRead() throws {
        let (documents, length) = (1000, 1_000_000)
        let size = 2 * documents * length
        // A file of zeros that takes no room on the disk.
        #expect(FileManager.default.createFile(atPath: folder.file("large.bin"), contents: nil))
        #expect(truncate(folder.file("large.bin"), size) == 0)
        _ = try folder.put(
            ModelIndex(type: 8, lengths: .init(repeating: Int32(length), count: documents)).file, "large.idx")
        let before = residentBytes()
        let tokens = try IndexedTokens(prefix: folder.file("large"))
        #expect(tokens.tokenCount == 1_000_000_000)
        var window = [Int32](repeating: -1, count: 2049)
        window.withUnsafeMutableBufferPointer { tokens.copy(from: 999_990_000, into: $0) }
        #expect(window.allSatisfy { $0 == 0 })
        #expect(residentBytes() - before < 50_000_000)
    }
}

func residentBytes() -> Int {
    let fields = (try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8))?.split(separator: " ") ?? []
    return (fields.count > 1 ? Int(fields[1]) ?? 0 : 0) * 4096
}
