import Foundation
import Testing

@testable import Numerics

/// ALiBi's slopes against the rule as published: a geometric sequence for a power of two; otherwise that of the power
/// below, then every second slope of the power above.
@Suite("ALiBi slopes")
struct AlibiSlopeTests {
    /// The published rule, written recursively as its authors did.
    private func published(_ heads: Int) -> [Double] {
        if heads.nonzeroBitCount == 1 {
            let start = exp2(-exp2(-(log2(Double(heads)) - 3)))
            return (0..<heads).map { pow(start, Double($0 + 1)) }
        }
        let below = 1 << Int(log2(Double(heads)))
        let above = published(2 * below)
        return published(below) + stride(from: 0, to: above.count, by: 2).map { above[$0] }.prefix(heads - below)
    }

    @Test("every head count up to BLOOM's 112")
    func every() {
        for heads in 1...112 {
            let (slopes, truth) = (alibiSlopes(heads: heads), published(heads))
            #expect(slopes.count == heads)
            for (slope, truth) in zip(slopes, truth) {
                #expect(abs(Double(slope) - truth) <= 1e-7 * truth, "\(heads) heads")
            }
        }
    }

    @Test("powers of two have exact slopes where the exponent is whole")
    func exact() {
        #expect(alibiSlopes(heads: 8) == (1...8).map { Float(exp2(-Double($0))) })
        #expect(alibiSlopes(heads: 4) == [0.25, 0.0625, 0.015625, 0.00390625])
        #expect(alibiSlopes(heads: 1) == [0.00390625])
        #expect(alibiSlopes(heads: 6) == ([-2, -4, -6, -8, -1, -3] as [Double]).map { Float(exp2($0)) })
    }

    @Test("BLOOM 176B: 64 slopes of one sequence, then 48 of the finer one")
    func bloom() {
        let slopes = alibiSlopes(heads: 112)
        for i in 0..<64 { #expect(abs(log2(Double(slopes[i])) + Double(i + 1) / 8) < 1e-6) }
        for i in 0..<48 { #expect(abs(log2(Double(slopes[64 + i])) + Double(2 * i + 1) / 16) < 1e-6) }
        #expect(Set(slopes).count == 112)
    }

    @Test("each tensor rank holds the slopes of its own heads", arguments: [1, 2, 4])
    func ranks(tensor: Int) throws {
        let recipe = SmallModel.recipe(.init(tensor: tensor, microBatch: 2), heads: 12)
        let executor = try SmallModel.executor(recipe)
        let held = (0..<tensor).flatMap { executor.copy(ofBuffer: "alibi slopes", rank: $0) ?? [] }
        #expect(held == alibiSlopes(heads: 12))
    }
}
