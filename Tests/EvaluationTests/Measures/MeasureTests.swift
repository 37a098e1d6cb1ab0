import Foundation
import Testing

@testable import Evaluation

@Suite("Measures")
struct MeasureTests {
    @Test("McNemar's exact probabilities are the binomial's")
    func mcNemar() {
        #expect(McNemar.binomial(0, of: 0) == 1)
        #expect(abs(McNemar.binomial(1, of: 10) - 22.0 / 1024) < 1e-12)
        #expect(abs(McNemar.binomial(3, of: 8) - 186.0 / 256) < 1e-12)
        #expect(McNemar.binomial(5, of: 10) == 1)
        // Far beyond what a power of two can hold: 2 × 2⁻²⁰⁰⁰ is 0, as near as numbers go.
        #expect(McNemar.binomial(0, of: 2000) == 0)
        #expect(abs(McNemar.binomial(470, of: 1000) - 0.062) < 0.001)
        #expect(McNemar.probability([(1, 0), (1, 1), (0, 0), (1, 0)]) == 0.5)
    }

    @Test("Wilson's interval has a width even when all items are right")
    func wilson() throws {
        let half = try #require(Interval.wilson(right: 50, items: 100))
        #expect(abs(half.low - 0.40383) < 1e-5 && abs(half.high - 0.59617) < 1e-5)
        let all = try #require(Interval.wilson(right: 10, items: 10))
        #expect(abs(all.low - 0.72247) < 1e-5 && all.high == 1)
        #expect(Interval.wilson(right: 0, items: 0) == nil)
    }

    @Test("the bootstrap draws the same items for the same seed, others for another")
    func bootstrap() {
        func draws(_ seed: UInt64) -> [[Double]] {
            var all: [[Double]] = []
            Bootstrap(seed: seed).forEachDraw(of: 5) { all.append($0) }
            return all
        }
        let first = draws(1)
        #expect(first == draws(1) && first != draws(2))
        #expect(first.count == 1000 && first.allSatisfy { $0.reduce(0, +) == 5 })
        // Each item is drawn as often as any other.
        for item in 0..<5 { #expect(abs(first.reduce(0) { $0 + $1[item] } / 1000 - 1) < 0.1) }
    }

    /// Values of sacrebleu 2.6's `sentence_chrf`.
    @Test(
        "chrF agrees with sacrebleu's",
        arguments: [
            ("the cat is on the mat", "the cat is on the mat", 100.0),
            ("the cat sat on the mat", "the cat is on the mat", 64.5779420625287),
            ("зелёная трава", "зелёная", 80.71507689686021),
            ("a", "ab", 55.55555555555556), ("xyz", "abc", 0.0), ("", "abc", 0.0),
        ])
    func characterF(hypothesis: String, reference: String, score: Double) {
        #expect(abs(CharacterF.Counts(hypothesis, reference).score - score) < 1e-9)
    }

    @Test("of several references the best one counts, and a corpus adds the counts up")
    func characterFOfACorpus() throws {
        let items = [
            CharacterF.measures("seven", ["7", "seven"]), CharacterF.measures("greem", ["green"]),
            CharacterF.measures("", ["blue sky"]),
        ]
        #expect(CharacterF.measures("seven", ["7", "seven"]) == CharacterF.measures("seven", ["seven", "7"]))
        let value = try #require(MetricColumns(.characterF, items).value)
        // sacrebleu's corpus_chrf of the three.
        #expect(abs(value - 45.4151115719428) < 1e-9)
    }

    @Test("calibration: the error is the distance between sureness and accuracy, bin by bin")
    func calibration() throws {
        // Two choices of 0.75 and 0.25, three items: right, right, wrong. One bin: |2/3 − 0.75|.
        let nats = [0, log(3.0)]
        let items = [0, 0, 1].map { Calibration.measures(nats: nats, answer: $0, likeliest: 0) }
        #expect(abs((items[0]["confidence"] ?? 0) - 0.75) < 1e-12)
        #expect(abs((items[0]["brier_score"] ?? 0) - 0.125) < 1e-12)
        #expect(abs((items[2]["brier_score"] ?? 0) - 1.125) < 1e-12)
        let value = try #require(MetricColumns(.calibrationError, items).value)
        #expect(abs(value - abs(2.0 / 3 - 0.75)) < 1e-12)
        // Sure and right in one bin, sure and wrong in another: errors do not cancel between bins.
        let sure = Calibration.measures(nats: [0, 50], answer: 0, likeliest: 0)
        let both = try #require(MetricColumns(.calibrationError, [sure, items[2]]).value)
        #expect(abs(both - 0.375) < 1e-12)
    }

    @Test("perplexities and bits per byte are of sums, not means of items")
    func ratios() throws {
        let items = [
            ["nats": 3.0, "bytes": 2, "words": 1, "tokens": 2], ["nats": 1, "bytes": 6, "words": 1, "tokens": 2],
        ]
        let values = SuiteTask.Kind.text.metrics.map { MetricColumns($0, items).value ?? 0 }
        #expect(abs(values[0] - 0.5 / log(2)) < 1e-12)
        #expect(abs(values[1] - exp(0.5)) < 1e-12)
        #expect(abs(values[2] - exp(2)) < 1e-12)
        #expect(abs(values[3] - exp(1)) < 1e-12)
    }

    @Test("words are counted as pieces between runs of white space")
    func words() {
        #expect(ModelUnderTest.words("a b  c\nd") == 4)
        #expect(ModelUnderTest.words(" a ") == 3)
        #expect(ModelUnderTest.words("温室") == 1)
    }
}
