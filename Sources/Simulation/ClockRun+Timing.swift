import Programs

/// What came out of a step.
extension ClockRun {
    /// What came out, once everything has been played.
    var timing: StepTiming {
        let seconds = clocks.map(\.now).max() ?? 0
        let ranks = clocks.indices.map { index in
            let coordinate = timed.programs[index].coordinate
            var share = clocks[index].share
            share.bubbleSeconds += seconds - clocks[index].now
            return StepTiming.RankTiming(
                rank: timed.ranks[index], coordinate: coordinate, standsFor: timed.sizes[index], share: share,
                passes: timed.passes[index].map(\.timing), spans: clocks[index].spans)
        }
        return StepTiming(seconds: seconds, ranks: ranks, stages: Self.stages(ranks))
    }

    private static func stages(_ ranks: [StepTiming.RankTiming]) -> [StepTiming.StageTiming] {
        let count = (ranks.map(\.coordinate.pipeline).max() ?? -1) + 1
        var totals = Array(repeating: (StepTiming.TimeShare(), 0.0), count: count)
        for rank in ranks {
            let weight = Double(rank.standsFor)
            let stage = rank.coordinate.pipeline
            totals[stage].0.busySeconds += weight * rank.share.busySeconds
            totals[stage].0.exposedCommunicationSeconds += weight * rank.share.exposedCommunicationSeconds
            totals[stage].0.bubbleSeconds += weight * rank.share.bubbleSeconds
            totals[stage].1 += weight
        }
        return totals.enumerated().map { stage, total in
            let (sum, weight) = total
            return .init(
                stage: stage,
                share: .init(
                    busySeconds: sum.busySeconds / weight,
                    exposedCommunicationSeconds: sum.exposedCommunicationSeconds / weight,
                    bubbleSeconds: sum.bubbleSeconds / weight))
        }
    }
}
