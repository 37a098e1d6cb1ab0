/// Layouts of one model on one machine: whether the predictions rank them as the measurements do.
struct LayoutComparison: Equatable {
    /// Seconds of each layout.
    var predicted: [Double]
    var measured: [Double]

    /// Fewer layouts are no ranking.
    static let layoutsMin = 3

    /// The comparisons that rows allow, in the order of their first rows; rows with the same layout count as one, with the
    /// mean of their measurements.
    static func comparisons(_ rows: [RowOutcome.Comparison]) -> [LayoutComparison] {
        grouped(rows, by: \.question).compactMap { alternatives in
            let layouts = grouped(alternatives, by: \.layout)
            guard layouts.count >= layoutsMin else { return nil }
            return LayoutComparison(
                predicted: layouts.map { $0[0].predictedSeconds },
                measured: layouts.map { same in
                    same.reduce(0) { $0 + $1.measuredSeconds } / Double(same.count)
                })
        }
    }

    private static func grouped(
        _ rows: [RowOutcome.Comparison], by key: (RowOutcome.Comparison) -> String
    ) -> [[RowOutcome.Comparison]] {
        var places: [String: Int] = [:]
        var groups: [[RowOutcome.Comparison]] = []
        for row in rows {
            let name = key(row)
            if let place = places[name] {
                groups[place].append(row)
            } else {
                places[name] = groups.count
                groups.append([row])
            }
        }
        return groups
    }

    /// Kendall's tau-b; `nil` if all are predicted or measured alike.
    var rankCorrelation: Double? { KendallRank.correlation(predicted, measured) }

    /// How much longer the layout takes that was predicted to be the fastest than the one that is, as a share.
    var regret: Double {
        let choice = predicted.indices.min { predicted[$0] < predicted[$1] } ?? 0
        return measured[choice] / (measured.min() ?? 1) - 1
    }
}
