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
