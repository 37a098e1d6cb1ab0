/// The features by which languages are told apart: character n-grams of 1 to 4 as 32-bit hashes.
///
/// Letters and marks in lower case; any run of other characters becomes one space, so that digits, punctuation and
/// markup say nothing, and n-grams know where words begin and end. A letter of a script without spaces (Han, kana, Thai …)
/// counts three times alone: it stands for about as much speech as three letters of an alphabet, and would else be
/// outvoted by a few foreign words.
enum LanguageFeatures {
    static let lengthMax = 4
    /// The most n-grams that a character gives: one of each length, and two more of a letter of a script without spaces.
    static let perCharacterMax = lengthMax + 2

    /// Calls `body` with each n-gram's hash, in the order of the text.
    @inline(__always)
    static func forEach(in bytes: UnsafeBufferPointer<UInt8>, _ body: (UInt32) -> Void) {
        let table = CharacterTable.shared
        table.classes.withUnsafeBufferPointer { classes in
            // The last three characters, the newest first; 0 stands for the beginning of the text.
            var last: UInt64 = 0x20
            var second: UInt64 = 0
            var third: UInt64 = 0
            var index = 0
            while index < bytes.count {
                var scalar = readScalar(bytes, &index)
                let bits = scalar < UInt32(classes.count) ? classes[Int(scalar)] : CharacterClass.special.rawValue
                if bits & CharacterClass.special.rawValue != 0 {
                    if last == 0x20 { continue }
                    scalar = 0x20
                } else if bits & CharacterClass.upper.rawValue != 0 {
                    scalar = table.lower(scalar)
                }
                let newest = UInt64(scalar)
                if scalar != 0x20 { body(hash(newest, 1)) }
                if bits & CharacterClass.unspaced.rawValue != 0 {
                    body(hash(newest, 1))
                    body(hash(newest, 1))
                }
                body(hash(last << 21 | newest, 2))
                if second != 0 { body(hash(second << 42 | last << 21 | newest, 3)) }
                if third != 0 { body(hash((second << 42 | last << 21 | newest) ^ third &* 0xD6E8_FEB8_6659_FD93, 4)) }
                third = second
                second = last
                last = newest
            }
        }
    }

    @inline(__always)
    private static func hash(_ gram: UInt64, _ length: UInt64) -> UInt32 {
        UInt32(truncatingIfNeeded: mixed(gram ^ length << 60) >> 32)
    }
}
