import Diagnostics
import Testing

@testable import Interchange

/// 100,000 damaged `.idx` files, the same ones every time: each is refused, at once or where it is damaged, or is as it was.
@Suite("Malformed token indexes")
struct IndexFuzzTests {
    private static let rounds = 100_000
    private static let path = "mutant.idx"

    @Test("no mutant crashes, leads outside the files or is taken for what it is not", .timeLimit(.minutes(2)))
    func mutants() throws {
        let models = [
            ModelIndex(type: 8, lengths: [3, 1, 300, 0, 5]), ModelIndex(type: 4, lengths: [2, 7]),
            ModelIndex(type: 5, lengths: []), severalSequences,
        ]
        var (opened, verified) = (0, 0)
        var codes = Set<String>()
        for round in 0..<Self.rounds {
            var random = Seeded(UInt64(round))
            var model = models[round % models.count]
            let dataBytes = model.dataBytes
            let file = Self.damage(&model, &random)
            do throws(Diagnostic) {
                guard let index = try open(file, dataBytes) else { continue }
                opened += 1
                try visit(index, file, dataBytes, round)
                try file.withDiagnosticBytes { (bytes) throws(Diagnostic) in try index.verify(bytes) }
                verified += 1
                expectWellFormed(file, dataBytes, round)
            } catch {
                codes.insert(error.code)
                guard error.location?.file == Self.path, error.code.hasPrefix("tokens."), error.exitStatus == 2,
                    error.message.contains("at byte ")
                else {
                    Issue.record("round \(round): \(error)")
                    continue
                }
            }
        }
        // The mutants must try every answer and every refusal.
        #expect(opened > Self.rounds / 10, "\(opened) were opened")
        #expect(
            verified > Self.rounds / 50 && opened - verified > Self.rounds / 50,
            "\(verified) of \(opened) were verified")
        #expect(
            codes.map { $0.dropFirst("tokens.".count) }.sorted() == [
                "count", "data-size", "document", "length", "magic", "offset", "size", "truncated", "type", "version",
            ])
    }

    private var severalSequences: ModelIndex {
        var model = ModelIndex(type: 1, lengths: [4, 4, 4, 4, 4, 4])
        model.marks = [0, 3, 3, 4, 6]
        return model
    }

    private func open(_ file: [UInt8], _ dataBytes: Int) throws(Diagnostic) -> TokenIndex? {
        try file.withDiagnosticBytes { (bytes) throws(Diagnostic) in
            try TokenIndex(bytes, dataBytes: dataBytes, path: Self.path)
        }
    }

    /// Asks for every sequence and document: what is not refused must lie within the files.
    private func visit(_ index: TokenIndex, _ file: [UInt8], _ dataBytes: Int, _ round: Int) throws(Diagnostic) {
        for sequence in 0..<index.sequences {
            let range = try? file.withDiagnosticBytes { (bytes) throws(Diagnostic) in
                try index.byteRange(of: sequence, bytes)
            }
            if let range {
                let isInside = 0 <= range.lowerBound && range.upperBound <= dataBytes
                #expect(isInside && range.count % index.type.byteCount == 0, "round \(round)")
            }
        }
        for document in 0..<index.marks - 1 {
            let range = try? file.withDiagnosticBytes { (bytes) throws(Diagnostic) in
                try index.sequences(ofDocument: document, bytes)
            }
            if let range { #expect(0 <= range.lowerBound && range.upperBound <= index.sequences, "round \(round)") }
        }
    }

    /// A verified file is the encoding of its lengths and marks, and marks never fall.
    private func expectWellFormed(_ file: [UInt8], _ dataBytes: Int, _ round: Int) {
        func number(_ place: Int, _ width: Int) -> Int64 {
            let unsigned = (0..<width).reduce(UInt64(0)) { $0 | UInt64(file[place + $1]) << UInt64(8 * $1) }
            return width == 4 ? Int64(Int32(truncatingIfNeeded: unsigned)) : Int64(bitPattern: unsigned)
        }
        let n = Int(number(18, 8))
        var model = ModelIndex(type: file[17], lengths: (0..<n).map { Int32(number(34 + 4 * $0, 4)) })
        model.marks = (0..<Int(number(26, 8))).map { number(34 + 12 * n + 8 * $0, 8) }
        #expect(model.file == file && model.dataBytes == dataBytes, "round \(round)")
        #expect(model.marks.first == 0 && model.marks.last == Int64(n) && model.marks == model.marks.sorted())
    }

    /// Changes one to three things: a number of the structure, or a byte.
    private static func damage(_ model: inout ModelIndex, _ random: inout Seeded) -> [UInt8] {
        for _ in 0...Int.random(in: 0..<3, using: &random) where Bool.random(using: &random) {
            change(&model, &random)
        }
        var file = model.file
        for _ in 0..<Int.random(in: 0..<3, using: &random) {
            guard !file.isEmpty else { break }
            let place = Int.random(in: 0..<file.count, using: &random)
            switch Int.random(in: 0..<5, using: &random) {
            case 0: file[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
            case 1: file[place] = UInt8.random(in: .min ... .max, using: &random)
            case 2: file.remove(at: place)
            case 3: file.insert(UInt8.random(in: .min ... .max, using: &random), at: place)
            default: file.removeLast(min(file.count, Int.random(in: 1..<60, using: &random)))
            }
        }
        return file
    }

    private static let numbers: [Int64] = [
        0, 1, 2, 3, 8, -1, 300, 65535, 1 << 31 - 1, 1 << 31, 1 << 32, 1 << 60, 1 << 61, .max, .min, .max - 7,
    ]

    private static func change(_ model: inout ModelIndex, _ random: inout Seeded) {
        let number = numbers[Int.random(in: 0..<numbers.count, using: &random)]
        switch Int.random(in: 0..<12, using: &random) {
        case 0: model.claimedSequences = UInt64(bitPattern: number)
        case 1: model.claimedMarks = UInt64(bitPattern: number)
        case 2, 3: replace(in: &model.lengths, Int32(truncatingIfNeeded: number), &random)
        case 4, 5: replace(in: &model.offsets, number, &random)
        case 6: replace(in: &model.marks, number, &random)
        case 7: model.type = UInt8(truncatingIfNeeded: number)
        case 8: model.version = UInt64(bitPattern: number)
        case 9: model.tail = .init(repeating: 0, count: Int.random(in: 1...24, using: &random))
        // Harmless ones: another order of lengths with the offsets that belong to it, another cut into documents.
        case 10:
            let (marks, type) = (model.marks, model.type)
            model = ModelIndex(type: type, lengths: model.lengths.shuffled(using: &random).map { abs($0 % 1000) })
            model.marks = marks
        default: model.marks = model.marks.shuffled(using: &random).sorted()
        }
    }

    private static func replace<Number>(in numbers: inout [Number], _ number: Number, _ random: inout Seeded) {
        if let place = numbers.indices.randomElement(using: &random) { numbers[place] = number }
    }
}

extension [UInt8] {
    /// `withUnsafeBytes` for bodies that throw diagnostics.
    fileprivate func withDiagnosticBytes<Value>(
        _ body: (UnsafeRawBufferPointer) throws(Diagnostic) -> Value
    ) throws(Diagnostic) -> Value {
        let result = withUnsafeBytes { bytes -> Result<Value, Diagnostic> in
            do throws(Diagnostic) { return .success(try body(bytes)) } catch { return .failure(error) }
        }
        return try result.get()
    }
}
