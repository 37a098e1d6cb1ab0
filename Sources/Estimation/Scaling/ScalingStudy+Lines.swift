import ClusterProfiles
import Recipes
import Tables

extension ScalingStudy {
    /// The study for people: the curve, what the variants change, the nodes that nothing fills.
    public var lines: [String] {
        let layout = recipe.layout
        let heading = [
            "\(recipe.name) on \(curves[0].profile.name): \(kind.rawValue) scaling, \(kind.constant(recipe))",
            "tensor \(layout.tensor) × pipeline \(layout.pipeline) × data, micro-batch \(layout.microBatch), "
                + "\(layout.schedule.rawValue), ZeRO-\(layout.zero), recompute \(layout.recompute.rawValue), "
                + recipe.precision.rawValue + (layout.style == .serre ? "" : ", \(layout.style.rawValue)"),
        ]
        return heading + [""] + Lines.table(pointRows) + variantLines + unfilledLines
    }

    private var pointRows: [[String]] {
        let heading = [
            "nodes", "accel.", "data", "batch", "s per step", "tokens/s", "efficiency", "MFU", "days", "accel.-h",
            "memory",
        ]
        return [heading]
            + curves[0].points.map { point in
                [
                    "\(point.nodes)", Lines.number(Double(point.accelerators)), "\(point.data)",
                    Lines.number(Double(point.globalBatch)), Lines.significant(point.secondsPerStep),
                    Lines.significant(point.tokensPerSecond), Lines.percent(point.efficiency),
                    Lines.percent(point.modelUtilisation), Lines.significant(point.days),
                    Lines.significant(point.acceleratorHours), point.fits ? "fits" : "too big",
                ]
            }
    }

    /// Seconds per step of each variant, and how much more it does in the same time.
    private var variantLines: [String] {
        guard curves.count > 1 else { return [] }
        let variants = curves.dropFirst()
        let heading = ["nodes", "as profiled"] + variants.flatMap { [$0.name, "gain"] }
        let rows = curves[0].points.map { point in
            ["\(point.nodes)", Lines.significant(point.secondsPerStep) + " s"]
                + variants.flatMap { curve -> [String] in
                    guard let changed = curve.points.first(where: { $0.nodes == point.nodes }) else {
                        return ["–", "–"]
                    }
                    let gain = changed.tokensPerSecond / point.tokensPerSecond - 1
                    return [
                        Lines.significant(changed.secondsPerStep) + " s", (gain > 0 ? "+" : "") + Lines.percent(gain),
                    ]
                }
        }
        return [""] + Lines.table([heading] + rows)
    }

    /// The same for every curve, unless a variant has another number of nodes or of accelerators in one.
    private var unfilledLines: [String] {
        let others = curves.dropFirst().filter { $0.unfilled != curves[0].unfilled }
        return (curves.prefix(1) + others).filter { !$0.unfilled.isEmpty }.flatMap { curve in
            ["", "no point of the curve (\(curve.name)):"]
                + curve.unfilled.flatMap { entry -> [String] in
                    TextTable.wrapped("\(Lines.nodes(entry.nodes)): \(entry.reason)", width: 96).enumerated().map {
                        ($0.offset == 0 ? "  " : "    ") + $0.element
                    }
                }
        }
    }

    /// What a deadline takes, for people: the fewest nodes of each curve, or why none is enough.
    public func deadlineLines(days: Double) -> [String] {
        curves.flatMap { curve -> [String] in
            let name = curves.count > 1 ? "\(curve.name): " : ""
            let limit = "\(Lines.significant(days)) days"
            if let point = curve.fewestNodes(days: days) {
                let answer =
                    "\(name)\(Lines.nodes(point.nodes)) end the run within \(limit): \(Lines.significant(point.days)) days, "
                    + "\(Lines.significant(point.acceleratorHours)) accelerator-hours"
                return [answer] + intervalLines(point, curve.profile)
            }
            let fastest = curve.points.filter(\.fits).min { $0.days < $1.days }
            let reason = fastest.map { "the fastest, \($0.nodes), takes \(Lines.significant($0.days)) days" }
            return [
                "\(name)no number of nodes ends the run within \(limit): "
                    + (reason ?? "the layout fits no accelerator's memory")
            ]
        }
    }

    /// The days if every step took as long as the ends of the interval, and whose measured steps that rests on.
    private func intervalLines(_ point: ScalingPoint, _ profile: ClusterProfile) -> [String] {
        let isOneNode = point.accelerators <= profile.nodes.acceleratorsPerNode
        guard let low = point.secondsLow, let high = point.secondsHigh,
            let basis = IntervalBasis(profile, isOneNode: isOneNode)
        else { return [] }
        let days = [low, high].map { Lines.significant(point.days * $0 / point.secondsPerStep) }
        let beyond = Extrapolation(recipe.layout.style, accelerators: point.accelerators, on: profile)
        let text =
            "\(days[0]) to \(days[1]) days at the ends of the step time's interval, \(basis.text(for: recipe.layout.style))"
            + (beyond.map { "; \($0.text)" } ?? "")
        return TextTable.wrapped(text, width: 96).map { "  " + $0 }
    }
}

extension ScalingStudy.Kind {
    fileprivate func constant(_ recipe: Recipe) -> String {
        switch self {
        case .strong: "a global batch of \(Lines.number(Double(recipe.batch.global)))"
        case .weak: "a batch of \(Lines.number(Double(recipe.batch.global / recipe.layout.data))) per replica"
        }
    }
}
