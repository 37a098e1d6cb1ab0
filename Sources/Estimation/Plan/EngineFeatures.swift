import Diagnostics
import Recipes

/// What an engine can be asked for at all, beside what its arithmetic allows: a plan offers nothing else.
struct EngineFeatures: Sendable {
    var schedules: [Layout.Schedule]
    /// ZeRO stages without a pipeline, and with one.
    var zeroAlone: [Int]
    var zeroPiped: [Int]
    var pipelines: Bool
    /// Whether `selective` recomputes anything that `none` keeps.
    var recomputesSelectively: Bool

    init(_ style: EngineStyle) {
        switch style {
        case .serre:
            self.init(
                schedules: Layout.Schedule.allCases, zeroAlone: [0, 1, 2, 3], zeroPiped: [0, 1, 2, 3],
                recomputesSelectively: false)
        case .megatron:
            // Its distributed optimiser is ZeRO-1.
            self.init(schedules: [.oneForwardOneBackward, .interleaved], zeroAlone: [0, 1], zeroPiped: [0, 1])
        case .deepspeed:
            // Its pipelines accumulate gradients over micro-batches, which sharded gradients forbid.
            self.init(schedules: [.oneForwardOneBackward], zeroAlone: [0, 1, 2, 3], zeroPiped: [0, 1])
        case .fsdp:
            self.init(schedules: [.oneForwardOneBackward], zeroAlone: [2, 3], zeroPiped: [], pipelines: false)
        }
    }

    /// The ZeRO stages that go with a pipeline degree.
    func zeros(pipeline: Int) -> [Int] { pipeline > 1 ? zeroPiped : zeroAlone }

    /// What a layout asks for that the engine lacks, as a clause; `nil` for nothing.
    func lacks(_ layout: Layout) -> String? {
        if layout.pipeline > 1, !pipelines { return "no pipeline" }
        if !schedules.contains(layout.schedule), layout.pipeline > 1 {
            return "no schedule \(layout.schedule.rawValue)"
        }
        guard !zeros(pipeline: layout.pipeline).contains(layout.zero), layout.data > 1 else { return nil }
        return "no ZeRO-\(layout.zero)" + (zeroAlone.contains(layout.zero) ? " with a pipeline" : "")
    }

    private init(
        schedules: [Layout.Schedule], zeroAlone: [Int], zeroPiped: [Int], pipelines: Bool = true,
        recomputesSelectively: Bool = true
    ) {
        self.schedules = schedules
        self.zeroAlone = zeroAlone
        self.zeroPiped = zeroPiped
        self.pipelines = pipelines
        self.recomputesSelectively = recomputesSelectively
    }
}

extension Recipe {
    /// Why `serre plan` would not offer this recipe's layout; `nil` where it would.
    ///
    /// Such a layout can be estimated all the same: people patch their engines, and measure what they made.
    public var engineRemark: String? {
        EngineFeatures(layout.style).lacks(layout).map {
            "priced though serre plan offers no such layout: as modelled, \(layout.style.rawValue) has \($0)"
        }
    }

    /// Throws `layout.precision` where the engine's programs have no products in the recipe's precision.
    func requirePricedPrecision() throws(Diagnostic) {
        guard precision == .float8, layout.style == .serre else { return }
        throw Diagnostic(
            "layout.precision", "Serre's own programs have no float8 products", at: .init(key: "--precision"),
            found: precision.rawValue,
            remedy: "name an engine that has them, such as with --style fsdp, or use bfloat16")
    }
}
