import Diagnostics
import Foundation
import Testing

@testable import Corpora

@Suite struct LanguageWeightingTests {
    private static let languages = [("en", 1_000_000), ("fr", 10_000), ("sw", 100), ("zu", 0)]

    private func shares(_ weighting: LanguageWeighting) throws(Diagnostic) -> [UInt64] {
        try weighting.shares(Self.languages.map { (code: $0.0, tokens: $0.1) }, file: "tokens.json")
    }

    @Test func `an exponent of one is the tokens themselves`() throws {
        #expect(try shares(.tokens(exponent: 1)) == [1_000_000, 10_000, 100, 0])
    }

    @Test(arguments: [0, 0.3, 0.5, 0.7]) func `a smaller exponent lifts rare languages`(exponent: Double) throws {
        let shares = try shares(.tokens(exponent: exponent)).map { Double($0) }
        for (share, tokens) in zip(shares.dropLast(), [1e6, 1e4, 1e2]) {
            let expected = pow(tokens / 1e6, exponent)
            #expect(abs(share / shares[0] - expected) < 1e-9 * expected + 1e-12)
        }
        #expect(shares[3] == 0)
    }

    @Test func `given weights are in any unit`() throws {
        #expect(try shares(.given(["en": 50, "fr": 25, "sw": 0, "zu": 0])) == [1 << 40, 1 << 39, 0, 0])
        #expect(try shares(.given(["en": 0.5, "fr": 0.25, "sw": 0, "zu": 0])) == [1 << 40, 1 << 39, 0, 0])
        #expect(try shares(.given(["en": 1, "fr": 1e-30, "sw": 0, "zu": 0])) == [1 << 40, 1, 0, 0])
    }

    @Test(arguments: [
        ("unknown", ["en": 1, "fr": 1, "sw": 1, "zu": 0, "ens": 1]), ("missing", ["en": 1, "fr": 1, "zu": 0]),
        ("range", ["en": -1, "fr": 1, "sw": 1, "zu": 0]), ("range", ["en": .nan, "fr": 1, "sw": 1, "zu": 0]),
        ("range", ["en": .infinity, "fr": 1, "sw": 1, "zu": 0]), ("empty", ["en": 1, "fr": 1, "sw": 1, "zu": 1]),
        ("none", ["en": 0, "fr": 0, "sw": 0, "zu": 0]),
    ])
    func `weights that make no mixture are refused`(code: String, weights: [String: Double]) {
        let error = diagnostic { () throws(Diagnostic) in _ = try shares(.given(weights)) }
        #expect(error?.code == "weights." + code)
        #expect(error?.location?.file == "tokens.json")
    }

    @Test(arguments: [-0.1, 1.1, .nan, .infinity]) func `an exponent out of range is refused`(exponent: Double) {
        let error = diagnostic { () throws(Diagnostic) in _ = try shares(.tokens(exponent: exponent)) }
        #expect(error?.code == "weights.exponent")
    }

    @Test func `no tokens at all are refused`() {
        let error = diagnostic { () throws(Diagnostic) in
            _ = try LanguageWeighting.tokens(exponent: 1).shares([(code: "en", tokens: 0)], file: "tokens.json")
        }
        #expect(error?.code == "weights.none")
    }

    @Test func `powers are those of mathematics, to the last bits`() {
        for x in [1.0, 2, 3, 10, 12345, 1e9, 3e12] {
            for y in [0, 0.1, 0.3, 0.5, 1] {
                #expect(abs(definedPower(x, y) / pow(x, y) - 1) < 1e-14)
            }
        }
        // From scripts/interop_tokens.py (--golden): the shares, and so the data of a run, depend on every bit.
        #expect(definedPower(1e9, 0.3).bitPattern == 4_647_524_595_248_668_041)
        #expect(definedPower(12345, 0.7).bitPattern == 4_649_643_031_342_449_132)
        #expect(definedPower(3e12, 0.5).bitPattern == 4_700_189_913_293_575_536)
    }
}
