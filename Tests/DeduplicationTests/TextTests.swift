import Testing

@testable import Deduplication

@Suite struct TextHashTests {
    /// Values of the Python package xxhash 3.8.1 (xxh64) for bytes 7·i + 3 mod 256, seeds 0 and 0x9E3779B97F4A7C15.
    static let golden: [(Int, UInt64, UInt64)] = [
        (0, 0xEF46_DB37_51D8_E999, 0xC434_9FC9_3C01_0000), (1, 0x1F25_C8D0_BC1F_4BB6, 0x7982_6BCD_749D_267A),
        (3, 0x31D2_363F_52E5_64C9, 0x78EF_D775_75E2_6575), (4, 0x9BB6_4B7D_66EE_9FDA, 0x6F0A_6C97_D68B_F353),
        (7, 0x9A7B_1499_59CE_60D8, 0xD97E_DE93_C9D6_6A0D), (8, 0xDAB9_9D95_C6F9_0092, 0xA2F1_E284_37A7_8A1B),
        (14, 0xC7F1_D4D0_ACFA_5A14, 0x11C9_CA8B_8889_A9F1), (31, 0xA2AA_5F33_CC4A_6119, 0x7554_3727_1D1D_0A84),
        (32, 0x23C3_C17E_F790_FD97, 0xBF62_4B93_2C09_0428), (33, 0x50A7_CFC7_BA58_8784, 0x7ACE_AF1E_9D34_EA35),
        (63, 0x5E3E_54B4_31C7_493C, 0x2C8D_DCE5_C85D_0D9D), (64, 0x0EB6_4B3E_F6EE_B01F, 0x4AF3_41F1_4E3A_6FC9),
        (100, 0xA61F_8D4C_170F_E531, 0xF6D8_F65C_625A_BB4F),
    ]

    @Test(arguments: golden)
    func agreesWithXXH64(count: Int, plain: UInt64, seeded: UInt64) {
        let bytes = (0..<count).map { UInt8(truncatingIfNeeded: $0 * 7 + 3) }
        bytes.withUnsafeBytes { #expect(TextHash.hash($0) == plain) }
        bytes.withUnsafeBytes { #expect(TextHash.hash($0, seed: 0x9E37_79B9_7F4A_7C15) == seeded) }
    }
}

@Suite struct WhiteSpaceTests {
    @Test func isUnicodesProperty() {
        for value in UInt32(0)..<0x11000 {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let bytes = Array(String(Character(scalar)).utf8)
            let length = bytes.withUnsafeBufferPointer { WhiteSpace.length($0, at: 0) }
            #expect(length == (scalar.properties.isWhitespace ? bytes.count : 0), "U+\(String(value, radix: 16))")
        }
    }

    @Test(arguments: [
        ("", ""), ("  ", ""), ("\u{3000}", ""), ("a", "a"), ("\u{A0}\u{2003}a b\u{2028}\n", "a b"),
        ("\u{3000}日本\u{3000}", "日本"),
        ("\u{2007}é\u{85}", "é"),
    ])
    func stripsBothEnds(text: String, stripped: String) {
        let bytes = Array(text.utf8)
        let range = bytes.withUnsafeBufferPointer { WhiteSpace.stripped($0, 0..<bytes.count) }
        #expect(String(decoding: bytes[range], as: UTF8.self) == stripped)
    }

    /// Ends of a text that are not whole characters are left alone, not read past.
    @Test(arguments: [[0xE3], [0xE3, 0x80], [0xE2, 0x80], [0xC2], [0x80, 0x80], [0xE2, 0x81]] as [[UInt8]])
    func survivesTruncatedCharacters(bytes: [UInt8]) {
        let range = bytes.withUnsafeBufferPointer { WhiteSpace.stripped($0, 0..<bytes.count) }
        #expect(range == 0..<bytes.count)
    }
}

@Suite struct ShinglingTests {
    @Test(arguments: [
        (Shingling(.words, length: 2), "Der Hund, der bellt!", "der\thund der\u{3000}BELLT", true),
        (Shingling(.words, length: 2), "der Hund bellt", "der Hund bellte", false),
        (Shingling(.words, length: 2), "a b c", "a c b", false), (Shingling(.words, length: 2), "don't", "dont", true),
        (Shingling(.words, length: 3), "ΑΒΓ Ж", "αβγ ж", true), (Shingling(.words, length: 1), "ab c", "a bc", false),
        (Shingling(.characters, length: 3), "吾輩は猫。である", "吾輩は、猫である", true),
        (Shingling(.characters, length: 3), " a \n b ", "a b", true),
        (Shingling(.characters, length: 3), "a b", "ab", false),
        (Shingling(.characters, length: 4), "𠀀𠀁x", "𠀀𠀁y", false),
    ])
    func sameFeatures(shingling: Shingling, a: String, b: String, equal: Bool) {
        #expect((shingling.hashes(of: Array(a.utf8)) == shingling.hashes(of: Array(b.utf8))) == equal)
    }

    @Test(arguments: [Shingling.words, .characters, Shingling(.words, length: 1), Shingling(.characters, length: 1)])
    func featuresDependOnTheirUnitsAlone(shingling: Shingling) {
        let words = (0..<40).map { "w\($0 * $0 % 23)" }
        let separator = shingling.unit == .words ? " " : ""
        let units = shingling.unit == .words ? words : words.joined().map(String.init)
        let all = shingling.hashes(of: Array(units.joined(separator: separator).utf8))
        #expect(all.count == units.count - shingling.length + 1)
        for start in all.indices {
            let one = units[start..<start + shingling.length].joined(separator: separator)
            #expect(shingling.hashes(of: Array(one.utf8)) == [all[start]])
        }
    }

    @Test(arguments: [("", 0), (" ,.!\n", 0), ("one", 1), ("one two", 1), ("a b c d e", 1), ("a b c d e f", 2)])
    func countsFeatures(text: String, count: Int) {
        #expect(Shingling.words.hashes(of: Array(text.utf8)).count == count)
    }

    @Test func survivesAnyBytes() {
        var random = Random(seed: 5)
        for _ in 0..<2000 {
            let bytes = (0..<random.below(40)).map { _ in UInt8(truncatingIfNeeded: random.next()) }
            _ = Shingling.words.hashes(of: bytes)
            _ = Shingling.characters.hashes(of: bytes)
        }
    }
}
