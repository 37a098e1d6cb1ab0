import Testing

@testable import Estimation

@Suite("Errors of predictions") struct ErrorSummaryTests {
    private func comparison(
        predicted: Double, measured: Double, interval: ClosedRange<Double>? = nil, predictedBytes: Double = 0,
        measuredBytes: Double? = nil, fits: Bool = true, question: String = "q", layout: String = "l",
        ideal: Double = 1
    ) -> RowOutcome.Comparison {
        RowOutcome.Comparison(
            predictedSeconds: predicted, measuredSeconds: measured, interval: interval, predictedBytes: predictedBytes,
            measuredBytes: measuredBytes, fits: fits, question: question, layout: layout, idealSeconds: ideal)
    }

    private func outcome(_ id: String, _ result: RowOutcome.Result) -> RowOutcome {
        RowOutcome(id: id, family: "f", isFitted: false, assumptions: [], result: result)
    }

    @Test(
        "Kendall's tau-b, worked out by hand",
        arguments: [
            // Same order, opposite order.
            ([1.0, 2, 3], [10.0, 20, 30], 1.0), ([1, 2, 3], [30, 20, 10], -1),
            // 3 concordant pairs, 1 discordant, one tie in each list: (3 − 1) / √(5 × 5).
            ([1, 2, 2, 3], [1, 3, 2, 2], 0.4),
            // 2 concordant, 0 discordant, the third pair tied in one list: 2 / √(2 × 3).
            ([1, 1, 2], [1, 2, 3], 2 / 6.0.squareRoot()),
            // 4 of 6 pairs concordant, 2 discordant.
            ([1, 2, 3, 4], [1, 4, 2, 3], 1 / 3.0),
        ] as [([Double], [Double], Double)])
    func kendall(one: [Double], other: [Double], expected: Double) throws {
        let tau = try #require(KendallRank.correlation(one, other))
        #expect(abs(tau - expected) < 1e-12)
        #expect(KendallRank.correlation(other, one) == tau)
    }

    @Test("Nothing to rank has no rank correlation")
    func noRanking() {
        #expect(KendallRank.correlation([], []) == nil)
        #expect(KendallRank.correlation([1], [1]) == nil)
        #expect(KendallRank.correlation([1, 1], [1, 2]) == nil)
    }

    @Test("Mean, bias, median and the worst rows")
    func errors() {
        // Errors +10 %, −20 %, +30 %, −40 %.
        let summary = ErrorSummary([
            outcome("a", .compared(comparison(predicted: 11, measured: 10))),
            outcome("skipped", .skipped("why")),
            outcome("b", .compared(comparison(predicted: 8, measured: 10))),
            outcome("c", .compared(comparison(predicted: 26, measured: 20))),
            outcome("d", .compared(comparison(predicted: 6, measured: 10))),
        ])
        #expect(summary.rows == 4)
        #expect(abs((summary.meanAbsoluteError ?? 0) - 0.25) < 1e-12)
        #expect(abs((summary.bias ?? 0) + 0.05) < 1e-12)
        #expect(abs((summary.medianAbsoluteError ?? 0) - 0.25) < 1e-12)
        #expect(summary.worst.map(\.id) == ["d", "c", "b"])
        #expect(summary.insideInterval == nil && summary.memoryRows == 0 && summary.rankCorrelation == nil)
    }

    @Test("Nothing compared has no errors")
    func nothing() {
        let summary = ErrorSummary([outcome("a", .skipped("why"))])
        #expect(summary.rows == 0 && summary.meanAbsoluteError == nil && summary.nullModelError == nil)
        #expect(summary.worst == [] && summary.meanRegret == nil && summary.largestRegret == nil)
    }

    @Test("The null model: operations over the median efficiency times the peak")
    func nullModel() throws {
        // Efficiencies 0.5, 0.4 and 0.75, so predictions of 2, 4 and 6 s: errors 0, 20 % and 50 %.
        let rows = [(1.0, 2.0), (2, 5), (3, 4)].map { comparison(predicted: 1, measured: $0.1, ideal: $0.0) }
        let error = try #require(ErrorSummary.nullModelError(rows))
        #expect(abs(error - 0.7 / 3) < 1e-12)
        // Two rows: the median is the mean of 0.5 and 0.25, so 8/3 and 8/3 s.
        let two = [(1.0, 2.0), (1, 4)].map { comparison(predicted: 1, measured: $0.1, ideal: $0.0) }
        #expect(abs((ErrorSummary.nullModelError(two) ?? 0) - 1 / 3.0) < 1e-12)
    }

    @Test("Intervals: the share that was measured inside, their ends included, of rows that have one")
    func coverage() {
        let summary = ErrorSummary(
            ([(10, 9...11), (11, 9...11), (8, 9...11), (12, 9...11), (1, nil)] as [(Double, ClosedRange<Double>?)]).map
            {
                measured, interval in
                outcome("r", .compared(comparison(predicted: 10, measured: measured, interval: interval)))
            })
        #expect(summary.insideInterval == 0.5)
    }

    @Test("Layouts are compared within one question, three or more of them; the same layout counts once")
    func layouts() throws {
        func rows(_ question: String, _ times: [(String, Double, Double)]) -> [RowOutcome] {
            times.map { layout, predicted, measured in
                outcome(
                    layout,
                    .compared(
                        comparison(predicted: predicted, measured: measured, question: question, layout: layout)))
            }
        }
        // One: best prediction is b, measured 11 against a's 10: regret 10 %. Order of a, b, c: one pair of three wrong.
        let one = rows("one", [("a", 2, 10), ("b", 1, 11), ("c", 3, 12)])
        // Two: the mean of d is 10, so the best layout is chosen; all pairs right.
        let two = rows("two", [("d", 1, 8), ("e", 2, 11), ("f", 3, 12), ("d", 1, 12)])
        let pair = rows("three", [("g", 1, 2), ("h", 2, 1)])
        let summary = ErrorSummary(one + two + pair)
        #expect(summary.layoutGroups == 2)
        #expect(abs((summary.rankCorrelation ?? 0) - (1 / 3.0 + 1) / 2) < 1e-12)
        #expect(abs((summary.meanRegret ?? 0) - 0.05) < 1e-12)
        #expect(abs((summary.largestRegret ?? 0) - 0.1) < 1e-12)
    }

    @Test("Memory: errors where it was measured, endings foreseen, false alarms")
    func memory() {
        let summary = ErrorSummary([
            outcome("a", .compared(comparison(predicted: 1, measured: 1, predictedBytes: 9, measuredBytes: 10))),
            outcome("b", .compared(comparison(predicted: 1, measured: 1, predictedBytes: 13, measuredBytes: 10))),
            outcome("c", .compared(comparison(predicted: 1, measured: 1, predictedBytes: 99, fits: false))),
            outcome("d", .ranOutOfMemory(predictedBytes: 90, isPredicted: true)),
            outcome("e", .ranOutOfMemory(predictedBytes: 70, isPredicted: false)),
        ])
        #expect(summary.memoryRows == 2 && abs((summary.meanAbsoluteMemoryError ?? 0) - 0.2) < 1e-12)
        #expect(summary.outOfMemoryRows == 2 && summary.outOfMemoryPredicted == 1 && summary.falseAlarms == 1)
    }
}
