/// What cleaning needs to know of a character (a Unicode scalar), as bits.
struct CharacterClass: OptionSet {
    var rawValue: UInt8

    /// Separates words: White_Space, and the zero-width and byte-order characters that stand for one.
    static let space = CharacterClass(rawValue: 1)
    /// Neither letter nor mark: spaces, punctuation, symbols, digits and other numbers, controls, unassigned.
    static let special = CharacterClass(rawValue: 2)
    /// Continues the character before it (general categories Mn, Mc and Me).
    static let mark = CharacterClass(rawValue: 4)
    /// A letter of a script that puts no spaces between words: each such letter counts as a word.
    static let unspaced = CharacterClass(rawValue: 8)
    /// Has another lower-case form of one scalar.
    static let upper = CharacterClass(rawValue: 16)
    /// A control or format character that text doesn't need; see ``UnicodeNormalisation``.
    static let unwanted = CharacterClass(rawValue: 32)
    /// A digit or other number (general category N).
    static let number = CharacterClass(rawValue: 64)
}

/// The classes and lower-case forms of all characters, built once from the standard library's Unicode data.
struct CharacterTable: Sendable {
    static let shared = CharacterTable()

    /// Classes of the scalars below ``flatCount``; those above are private use or unassigned, so special.
    let classes: [UInt8]
    /// First stage: the block of each 256 scalars; second stage: blocks of lower-case forms.
    private let lowerBlocks: [UInt16]
    private let lowerForms: [UInt32]

    static let flatCount = 0x32000

    private init() {
        var classes = [UInt8](repeating: CharacterClass.special.rawValue, count: Self.flatCount)
        var blocks = [UInt16](repeating: 0, count: Self.flatCount >> 8)
        // Block 0 stands for all blocks without cased letters.
        var forms = [UInt32](repeating: 0, count: 256)
        for block in 0..<(Self.flatCount >> 8) where !(0xD8..<0xE0).contains(block) {
            var lower = [UInt32](repeating: 0, count: 256)
            var isCased = false
            for low in 0..<256 {
                let value = UInt32(block << 8 | low)
                guard let scalar = Unicode.Scalar(value) else { continue }
                var found = Self.classify(scalar)
                if let form = Self.lowerCase(scalar) {
                    lower[low] = form
                    found.insert(.upper)
                    isCased = true
                }
                classes[Int(value)] = found.rawValue
            }
            if isCased {
                blocks[block] = UInt16(forms.count >> 8)
                forms += lower
            }
        }
        self.classes = classes
        self.lowerBlocks = blocks
        self.lowerForms = forms
    }

    /// The class of any scalar value.
    @inline(__always)
    func characterClass(_ scalar: UInt32) -> CharacterClass {
        scalar < UInt32(Self.flatCount) ? CharacterClass(rawValue: classes[Int(scalar)]) : .special
    }

    /// The lower-case form of a scalar of class ``CharacterClass/upper``.
    @inline(__always)
    func lower(_ scalar: UInt32) -> UInt32 {
        lowerForms[Int(lowerBlocks[Int(scalar >> 8)]) << 8 | Int(scalar & 255)]
    }

    private static func classify(_ scalar: Unicode.Scalar) -> CharacterClass {
        let value = scalar.value
        switch scalar.properties.generalCategory {
        case .uppercaseLetter, .lowercaseLetter, .titlecaseLetter, .modifierLetter, .otherLetter:
            return isUnspaced(value) ? .unspaced : []
        case .nonspacingMark, .spacingMark, .enclosingMark:
            return .mark
        case .spaceSeparator, .lineSeparator, .paragraphSeparator:
            return [.space, .special]
        case .control:
            if scalar.properties.isWhitespace { return [.space, .special] }
            return [.special, .unwanted]
        case .format:
            // Joiners and variation selectors shape words, so they are part of them; the others are invisible noise.
            if value == 0x200C || value == 0x200D { return .mark }
            if value == 0x200B || value == 0xFEFF { return [.space, .special, .unwanted] }
            return unwantedFormats.contains(value) ? [.special, .unwanted] : .special
        case .decimalNumber, .letterNumber, .otherNumber:
            return [.special, .number]
        default:
            return .special
        }
    }

    /// Soft hyphen, word joiner, invisible operators, interlinear annotations and deprecated format controls.
    private static let unwantedFormats: Set<UInt32> =
        Set([0xAD, 0x180E]).union(0x2060...0x2064).union(0x206A...0x206F).union(0xFFF9...0xFFFB)

    /// Han, Hiragana, Katakana, Bopomofo, Yi, Thai, Lao, Khmer, Myanmar and Tibetan, by their blocks.
    private static func isUnspaced(_ value: UInt32) -> Bool {
        switch value {
        case 0x0E00...0x0FFF, 0x1000...0x109F, 0x1780...0x17FF, 0xA9E0...0xA9FF, 0xAA60...0xAA7F: true
        case 0x2E80...0x2FDF, 0x3005...0x3007, 0x3021...0x312F, 0x31A0...0x31BF, 0x31F0...0x31FF: true
        case 0x3400...0x4DBF, 0x4E00...0x9FFF, 0xA000...0xA48F, 0xF900...0xFAFF, 0xFF66...0xFF9F: true
        case 0x1B000...0x1B16F, 0x20000...0x31FFF: true
        default: false
        }
    }

    /// The lower-case form if it is one other scalar.
    private static func lowerCase(_ scalar: Unicode.Scalar) -> UInt32? {
        guard scalar.properties.changesWhenLowercased else { return nil }
        let mapping = scalar.properties.lowercaseMapping.unicodeScalars
        // U+0130 maps to two scalars: its i alone serves here, since only comparisons use these forms.
        return mapping.first?.value
    }
}
