import Foundation

/// Tells exactly whether a text is in a Unicode normalisation form, and brings it there if it isn't.
///
/// The data (which characters change alone, which pairs compose) comes once from Foundation's conversions of single
/// characters, the combining classes from the standard library. Decomposition is Foundation's; composition is done here,
/// as Foundation on Linux leaves some pairs apart that compose (U+AC00 U+11A8, U+30AB U+3099 from half-width kana).
struct NormalFormTable: Sendable {
    static let canonical = NormalFormTable(isCompatibility: false)
    static let compatibility = NormalFormTable(isCompatibility: true)

    /// For each scalar below ``CharacterTable/flatCount``: 0 if it is in the form wherever it stands.
    private var kinds: [UInt8]
    private var combiningClasses: [UInt8]
    /// The composed forms of pairs, by `first << 32 | second`; looked up only.
    private var composedForms: [UInt64: UInt32]
    private let isCompatibility: Bool

    /// The scalar is not in this form.
    private static let changes: UInt8 = 1
    /// Its combining class isn't 0, or it may compose with what stands before it.
    private static let depends: UInt8 = 2

    /// Where scalars with decompositions are; Hangul syllables are computed.
    private static let ranges: [ClosedRange<UInt32>] = [
        0xA0...0x33FF, 0xA000...0xABFF, 0xF900...0xFFFD, 0x10000...0x11FFF, 0x16000...0x16FFF, 0x1BC00...0x1BCFF,
        0x1D000...0x1D7FF, 0x1E000...0x1FFFF, 0x2F800...0x2FA1F,
    ]

    private init(isCompatibility: Bool) {
        self.isCompatibility = isCompatibility
        kinds = [UInt8](repeating: 0, count: CharacterTable.flatCount)
        combiningClasses = kinds
        composedForms = [:]
        let scalars = Self.ranges.joined().compactMap { Unicode.Scalar($0) }
        let normal = Self.convertEach(scalars.map { String($0) }) {
            isCompatibility ? $0.precomposedStringWithCompatibilityMapping : $0.precomposedStringWithCanonicalMapping
        }
        let composed = Self.convertEach(scalars.map { String($0) }) { $0.precomposedStringWithCanonicalMapping }
        let decomposed = Self.convertEach(scalars.map { String($0) }) { $0.decomposedStringWithCanonicalMapping }
        for (index, scalar) in scalars.enumerated() {
            let value = Int(scalar.value)
            if normal[index] != [scalar] { kinds[value] |= Self.changes }
            let combining = scalar.properties.canonicalCombiningClass.rawValue
            combiningClasses[value] = combining
            if combining != 0 { kinds[value] |= Self.depends }
            if composed[index] == [scalar], let last = decomposed[index].last, decomposed[index].count > 1 {
                addPair(Array(decomposed[index].dropLast()), last, scalar)
            }
        }
        for jamo in Array(0x1161...0x1175) + Array(0x11A8...0x11C2) { kinds[jamo] |= Self.depends }
    }

    private mutating func addPair(_ front: [Unicode.Scalar], _ last: Unicode.Scalar, _ composed: Unicode.Scalar) {
        var string = String.UnicodeScalarView()
        string.append(contentsOf: front)
        let first = Array(String(string).precomposedStringWithCanonicalMapping.unicodeScalars)
        guard first.count == 1 else { return }
        composedForms[UInt64(first[0].value) << 32 | UInt64(last.value)] = composed.value
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
            if bytes[index] < 0x80 {
                // ASCII is in any form, and what follows it looks at the last of it only.
                index = asciiEnd(bytes, index)
                starter = UInt32(bytes[index &- 1])
                lastCombining = 0
                continue
            }
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
            if isReached, composed(starter, scalar) != nil { return false }
            if combining == 0 { starter = scalar }
            lastCombining = combining
        }
        return true
    }

    /// The text in this form.
    func normalised(_ text: [UInt8]) -> [UInt8] {
        let string = String(decoding: text, as: UTF8.self)
        let decomposed =
            isCompatibility
            ? string.decomposedStringWithCompatibilityMapping : string.decomposedStringWithCanonicalMapping
        var scalars = decomposed.unicodeScalars.map(\.value)
        sortMarks(&scalars)
        var bytes: [UInt8] = []
        bytes.reserveCapacity(text.count)
        for scalar in compose(scalars) { appendScalar(scalar, to: &bytes) }
        return bytes
    }

    /// Brings runs of marks into the order of their combining classes, those of one class as they were.
    private func sortMarks(_ scalars: inout [UInt32]) {
        var first = 0
        while first < scalars.count {
            guard combiningClass(scalars[first]) != 0 else {
                first += 1
                continue
            }
            var end = first + 1
            while end < scalars.count, combiningClass(scalars[end]) != 0 { end += 1 }
            let run = scalars[first..<end].enumerated().sorted { a, b in
                let classes = (combiningClass(a.element), combiningClass(b.element))
                return classes.0 != classes.1 ? classes.0 < classes.1 : a.offset < b.offset
            }
            scalars.replaceSubrange(first..<end, with: run.map(\.element))
            first = end
        }
    }

    /// The canonical composition of ordered scalars (Unicode Standard, section 3.11, D117).
    private func compose(_ scalars: [UInt32]) -> [UInt32] {
        var result: [UInt32] = []
        result.reserveCapacity(scalars.count)
        var starter: Int?
        var lastCombining: UInt8 = 0
        for scalar in scalars {
            let combining = combiningClass(scalar)
            let isReached = lastCombining == 0 || lastCombining < combining
            if let starter, isReached, let form = composed(result[starter], scalar) {
                result[starter] = form
                continue
            }
            if combining == 0 { starter = result.count }
            lastCombining = combining
            result.append(scalar)
        }
        return result
    }

    private func combiningClass(_ scalar: UInt32) -> UInt8 {
        scalar < UInt32(combiningClasses.count) ? combiningClasses[Int(scalar)] : 0
    }

    /// The one scalar that two others compose to, if they do; Hangul syllables by arithmetic.
    private func composed(_ first: UInt32, _ second: UInt32) -> UInt32? {
        if (0x1161...0x1175).contains(second), (0x1100...0x1112).contains(first) {
            return 0xAC00 + ((first - 0x1100) * 21 + second - 0x1161) * 28
        }
        if (0x11A8...0x11C2).contains(second), (0xAC00...0xD7A3).contains(first), (first - 0xAC00) % 28 == 0 {
            return first + second - 0x11A7
        }
        return composedForms[UInt64(first) << 32 | UInt64(second)]
    }
}
