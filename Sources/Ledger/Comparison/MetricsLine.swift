/// What a metrics line says.
struct MetricsLine: Equatable {
    var step: Int?
    var samples, tokens: Int?
    var fingerprint, digest: String?
    var loss, gradientNorm, learningRate, seconds, tokensPerSecond, virtualSeconds: Double?
    var rankSeconds: [Double]?
}

extension MetricsLine {
    /// Reads a line without a decoder; `nil` where a decoder has to read it.
    init?(_ bytes: UnsafeBufferPointer<UInt8>) {
        var reader = MetricsLineReader(bytes: bytes)
        guard reader.readObject(), reader.line.step != nil else { return nil }
        self = reader.line
    }
}

/// Reads flat JSON objects as runs write them.
///
/// A record of a million steps has a million of them, and a general decoder takes most of a minute for that. What this reader is
/// not sure of (an escape, a nested object, a key that comes twice, a number out of the ordinary) it leaves to
/// the decoder, so that both always agree.
private struct MetricsLineReader {
    let bytes: UnsafeBufferPointer<UInt8>
    var line = MetricsLine()
    private var place = 0
    private var seen: UInt32 = 0

    init(bytes: UnsafeBufferPointer<UInt8>) { self.bytes = bytes }

    mutating func readObject() -> Bool {
        guard take(UInt8(ascii: "{")) else { return false }
        repeat {
            guard let key = takeText(), take(UInt8(ascii: ":")), takeValue(of: key) else { return false }
        } while take(UInt8(ascii: ","))
        guard take(UInt8(ascii: "}")) else { return false }
        skipSpace()
        return place == bytes.count
    }

    /// Reads a value into its place, or past it where the key is of no interest; false for a key that was there before, and
    /// for a value of another kind.
    private mutating func takeValue(of key: UnsafeBufferPointer<UInt8>) -> Bool {
        guard let number = Self.keys.firstIndex(where: { $0.count == key.count && $0.elementsEqual(key) }) else {
            return take(word: "null") || take(word: "true") || take(word: "false") || takeText() != nil
                || takeNumber() != nil
        }
        guard seen & (1 << number) == 0 else { return false }
        seen |= 1 << number
        if take(word: "null") { return number > 0 }
        switch number {
        case 0: return Self.set(&line.step, takeWhole())
        case 1: return Self.set(&line.samples, takeWhole())
        case 2: return Self.set(&line.tokens, takeWhole())
        case 3: return Self.set(&line.loss, takeNumber())
        case 4: return Self.set(&line.gradientNorm, takeNumber())
        case 5: return Self.set(&line.learningRate, takeNumber())
        case 6: return Self.set(&line.seconds, takeNumber())
        case 7: return Self.set(&line.tokensPerSecond, takeNumber())
        case 8: return Self.set(&line.virtualSeconds, takeNumber())
        case 9: return Self.set(&line.fingerprint, takeText().map { String(decoding: $0, as: UTF8.self) })
        case 10: return Self.set(&line.digest, takeText().map { String(decoding: $0, as: UTF8.self) })
        default: return Self.set(&line.rankSeconds, takeNumbers())
        }
    }

    private static func set<Value>(_ place: inout Value?, _ value: Value?) -> Bool {
        place = value
        return value != nil
    }

    /// In the order of ``takeValue(of:)``.
    private static let keys = [
        "step", "samples", "tokens", "loss", "gradient_norm", "learning_rate", "seconds", "tokens_per_second",
        "virtual_seconds", "fingerprint", "digest", "rank_seconds",
    ].map { Array($0.utf8) }

    // MARK: Parts of JSON

    private mutating func skipSpace() {
        while place < bytes.count, [0x20, 0x09, 0x0A, 0x0D].contains(bytes[place]) { place += 1 }
    }

    private mutating func take(_ byte: UInt8) -> Bool {
        skipSpace()
        guard place < bytes.count, bytes[place] == byte else { return false }
        place += 1
        return true
    }

    private mutating func take(word: StaticString) -> Bool {
        skipSpace()
        let count = word.utf8CodeUnitCount
        guard bytes.count - place >= count else { return false }
        for index in 0..<count where bytes[place + index] != word.utf8Start[index] { return false }
        place += count
        return true
    }

    /// A text of plain ASCII without escapes.
    private mutating func takeText() -> UnsafeBufferPointer<UInt8>? {
        guard take(UInt8(ascii: "\"")) else { return nil }
        let start = place
        while place < bytes.count, bytes[place] != UInt8(ascii: "\"") {
            guard (0x20..<0x7F).contains(bytes[place]), bytes[place] != UInt8(ascii: "\\") else { return nil }
            place += 1
        }
        guard place < bytes.count else { return nil }
        place += 1
        return UnsafeBufferPointer(rebasing: bytes[start..<place - 1])
    }

    private mutating func takeDigits() -> Int {
        let start = place
        while place < bytes.count, (UInt8(ascii: "0")...UInt8(ascii: "9")).contains(bytes[place]) { place += 1 }
        return place - start
    }

    /// The sign and the digits before the point, as JSON has them: no zero before another digit.
    private mutating func takeLeadingDigits() -> Int? {
        skipSpace()
        if place < bytes.count, bytes[place] == UInt8(ascii: "-") { place += 1 }
        let first = place
        let count = takeDigits()
        return count == 0 || (count > 1 && bytes[first] == UInt8(ascii: "0")) ? nil : count
    }

    /// A whole number of at most 18 digits, written without point or exponent.
    private mutating func takeWhole() -> Int? {
        skipSpace()
        let start = place
        guard let count = takeLeadingDigits(), count <= 18, !isAtNumber else { return nil }
        return Int(String(decoding: bytes[start..<place], as: UTF8.self))
    }

    private var isAtNumber: Bool { place < bytes.count && [0x2E, 0x65, 0x45].contains(bytes[place]) }

    /// A number whose nearest `Double` is an ordinary one.
    private mutating func takeNumber() -> Double? {
        skipSpace()
        let start = place
        guard takeLeadingDigits() != nil else { return nil }
        if place < bytes.count, bytes[place] == UInt8(ascii: ".") {
            place += 1
            guard takeDigits() > 0 else { return nil }
        }
        if isAtNumber, bytes[place] != UInt8(ascii: ".") {
            place += 1
            if place < bytes.count, [0x2B, 0x2D].contains(bytes[place]) { place += 1 }
            guard takeDigits() > 0 else { return nil }
        }
        let value = Double(String(decoding: bytes[start..<place], as: UTF8.self))
        guard let value, value.isNormal || bytes[start..<place].allSatisfy({ $0 == 0x30 || $0 == 0x2E }) else {
            return nil
        }
        return value
    }

    private mutating func takeNumbers() -> [Double]? {
        guard take(UInt8(ascii: "[")) else { return nil }
        var numbers: [Double] = []
        if take(UInt8(ascii: "]")) { return numbers }
        repeat {
            guard let number = takeNumber() else { return nil }
            numbers.append(number)
        } while take(UInt8(ascii: ","))
        return take(UInt8(ascii: "]")) ? numbers : nil
    }
}
