import Foundation

/// Tells exactly whether a text is in a Unicode normalisation form, so that the costly conversion runs only if not.
///
/// The data (which characters change alone, which pairs compose) comes once from Foundation's conversions, the
/// combining classes from the standard library.
struct NormalFormTable: Sendable {
    static let canonical = NormalFormTable { $0.precomposedStringWithCanonicalMapping }
    static let compatibility = NormalFormTable { $0.precomposedStringWithCompatibilityMapping }

    /// For each scalar below ``CharacterTable/flatCount``: 0 if it is in the form wherever it stands.
    private var kinds: [UInt8]
    private var combiningClasses: [UInt8]
    /// Pairs that have a composed form, as `first << 32 | second`; looked up only.
    private var composingPairs: Set<UInt64>

    /// The scalar is not in this form.
    private static let changes: UInt8 = 1
    /// Its combining class isn't 0, or it may compose with what stands before it.
    private static let depends: UInt8 = 2

    /// Where scalars with decompositions are; Hangul syllables are computed.
    private static let ranges: [ClosedRange<UInt32>] = [
        0xA0...0x33FF, 0xA000...0xABFF, 0xF900...0xFFFD, 0x10000...0x11FFF, 0x16000...0x16FFF, 0x1BC00...0x1BCFF,
        0x1D000...0x1D7FF, 0x1E000...0x1FFFF, 0x2F800...0x2FA1F,
    ]

    private init(_ convert: (String) -> String) {
        kinds = [UInt8](repeating: 0, count: CharacterTable.flatCount)
        combiningClasses = kinds
        composingPairs = []
        let scalars = Self.ranges.joined().compactMap { Unicode.Scalar($0) }
        let normal = Self.convertEach(scalars.map { String($0) }, convert)
        let composed = Self.convertEach(scalars.map { String($0) }) { $0.precomposedStringWithCanonicalMapping }
        let decomposed = Self.convertEach(scalars.map { String($0) }) { $0.decomposedStringWithCanonicalMapping }
        for (index, scalar) in scalars.enumerated() {
            let value = Int(scalar.value)
            if normal[index] != [scalar] { kinds[value] |= Self.changes }
            let combining = scalar.properties.canonicalCombiningClass.rawValue
            combiningClasses[value] = combining
            if combining != 0 { kinds[value] |= Self.depends }
            if composed[index] == [scalar], let last = decomposed[index].last, decomposed[index].count > 1 {
                addPair(Array(decomposed[index].dropLast()), last)
            }
        }
        for jamo in Array(0x1161...0x1175) + Array(0x11A8...0x11C2) { kinds[jamo] |= Self.depends }
    }

    private mutating func addPair(_ front: [Unicode.Scalar], _ last: Unicode.Scalar) {
        var string = String.UnicodeScalarView()
        string.append(contentsOf: front)
        let first = Array(String(string).precomposedStringWithCanonicalMapping.unicodeScalars)
        guard first.count == 1 else { return }
        composingPairs.insert(UInt64(first[0].value) << 32 | UInt64(last.value))
        kinds[Int(last.value)] |= Self.depends
    }

    /// Converts many strings in one call, a line each, as each call has a high fixed cost.
    private static func convertEach(_ strings: [String], _ convert: (String) -> String) -> [[Unicode.Scalar]] {
        convert(strings.joined(separator: "\n")).unicodeScalars
            .split(separator: "\n", omittingEmptySubsequences: false).map(Array.init)
    }

    /// Whether a text is in this form already.
    func isNormal(_ text: [UInt8]) -> Bool {
        text.withUnsafeBufferPointer { bytes in
            kinds.withUnsafeBufferPointer { kinds in isNormal(bytes, kinds) }
        }
    }

    private func isNormal(_ bytes: UnsafeBufferPointer<UInt8>, _ kinds: UnsafeBufferPointer<UInt8>) -> Bool {
        var starter: UInt32 = 0
        var lastCombining: UInt8 = 0
        var index = 0
        while index < bytes.count {
            let scalar = readScalar(bytes, &index)
            let kind = scalar < UInt32(kinds.count) ? kinds[Int(scalar)] : 0
            if kind == 0 {
                starter = scalar
                lastCombining = 0
                continue
            }
            if kind & Self.changes != 0 { return false }
            let combining = combiningClasses[Int(scalar)]
            if combining != 0, lastCombining > combining { return false }
            let isReached = lastCombining == 0 || lastCombining < combining
            if isReached, composes(starter, scalar) { return false }
            if combining == 0 { starter = scalar }
            lastCombining = combining
        }
        return true
    }

    private func composes(_ first: UInt32, _ second: UInt32) -> Bool {
        if (0x1161...0x1175).contains(second) { return (0x1100...0x1112).contains(first) }
        if (0x11A8...0x11C2).contains(second) {
            return (0xAC00...0xD7A3).contains(first) && (first - 0xAC00) % 28 == 0
        }
        return composingPairs.contains(UInt64(first) << 32 | UInt64(second))
    }
}
