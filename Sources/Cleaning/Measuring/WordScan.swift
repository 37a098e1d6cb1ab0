/// The words of a text as hashes, and its characters by kind: what most filters look at, found in one pass.
///
/// A word is what stands between white space, without the special characters (``CharacterClass/special``) at its two
/// ends, in lower case. Han, kana, Thai, Lao, Khmer, Myanmar and Tibetan put no spaces between words, and word
/// segmentation would need dictionaries: there each letter with its marks is a word, as n-grams of letters carry for
/// those scripts what n-grams of words carry elsewhere (ROOTS used SentencePiece pieces for Chinese, of one to three
/// characters mostly). Korean has spaces and is cut at them.
///
/// Words are known by a 64-bit hash alone; two different words of a document share one with a probability below 10⁻⁹.
struct WordScan {
    private(set) var hashes: [UInt64] = []
    private(set) var characterCount = 0
    private(set) var specialCount = 0

    /// Replaces the content by that of `text`.
    mutating func scan(_ text: [UInt8]) {
        text.withUnsafeBufferPointer { scan($0) }
    }

    mutating func scan(_ bytes: UnsafeBufferPointer<UInt8>) {
        hashes.removeAll(keepingCapacity: true)
        characterCount = 0
        specialCount = 0
        let table = CharacterTable.shared
        table.classes.withUnsafeBufferPointer { classes in scan(bytes, classes, table) }
    }

    private mutating func scan(
        _ bytes: UnsafeBufferPointer<UInt8>, _ classes: UnsafeBufferPointer<UInt8>, _ table: CharacterTable
    ) {
        var word = OpenWord()
        var index = 0
        var characters = 0
        var specials = 0
        while index < bytes.count {
            var scalar = readScalar(bytes, &index)
            characters &+= 1
            let bits = scalar < UInt32(classes.count) ? classes[Int(scalar)] : CharacterClass.special.rawValue
            if bits == 0 {
                if word.isSingle { close(&word) }
                word.append(scalar)
                continue
            }
            let kind = CharacterClass(rawValue: bits)
            if kind.contains(.special) {
                specials &+= 1
                if kind.contains(.space) || word.isSingle {
                    close(&word)
                } else if word.isOpen {
                    word.appendSpecial(scalar)
                }
                continue
            }
            if kind.contains(.unspaced) {
                close(&word)
                word.append(scalar)
                word.isSingle = true
            } else if kind.contains(.mark) {
                word.append(scalar)
            } else {
                if word.isSingle { close(&word) }
                scalar = table.lower(scalar)
                word.append(scalar)
            }
        }
        close(&word)
        characterCount = characters
        specialCount = specials
    }

    @inline(__always)
    private mutating func close(_ word: inout OpenWord) {
        if word.isOpen { hashes.append(word.finished) }
        word = OpenWord()
    }

    /// A word that is being read.
    private struct OpenWord {
        /// Of all characters so far, and of those up to the last that is not special.
        private var running = seed
        private var trimmed = seed
        var isOpen = false
        var isSingle = false

        private static let seed: UInt64 = 0x9E37_79B9_7F4A_7C15

        @inline(__always)
        mutating func append(_ scalar: UInt32) {
            running = (running ^ UInt64(scalar)) &* 0x0000_0100_0000_01B3
            trimmed = running
            isOpen = true
        }

        @inline(__always)
        mutating func appendSpecial(_ scalar: UInt32) {
            running = (running ^ UInt64(scalar)) &* 0x0000_0100_0000_01B3
        }

        var finished: UInt64 { mixed(trimmed) }
    }
}

/// Spreads a hash over all 64 bits (the finaliser of MurmurHash3, Appleby 2011).
@inline(__always)
func mixed(_ value: UInt64) -> UInt64 {
    var value = value
    value = (value ^ (value &>> 33)) &* 0xFF51_AFD7_ED55_8CCD
    value = (value ^ (value &>> 33)) &* 0xC4CE_B9FE_1A85_EC53
    return value ^ (value &>> 33)
}
