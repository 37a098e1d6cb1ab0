import Testing

import Randomness

@Suite struct PhiloxTests {
    @Test(arguments: [
        (UInt32(0), SIMD4<UInt32>(0x6627_e8d5, 0xe169_c58d, 0xbc57_ac4c, 0x9b00_dbd8)),
        (UInt32.max, SIMD4<UInt32>(0x408f_276d, 0x41c8_3b0e, 0xa20b_c7c6, 0x6d54_51fd)),
    ])
    func `known answers`(word: UInt32, expected: SIMD4<UInt32>) {
        #expect(Philox.block(counter: SIMD4(repeating: word), key: SIMD2(repeating: word)) == expected)
    }
}
