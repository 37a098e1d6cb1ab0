import Programs

/// Which actions of a step take place when a replica has fewer micro-batches than its program: the first, or the last of
/// each lane where replicas take lanes in turns, since every lane's end exchanges gradients.
struct PartialBatch {
    private let microbatches: Int
    /// Micro-batches of a lane, in the program and here; 0 where replicas do not take lanes in turns.
    private let perLane, played: Int

    init(_ program: Program?, microbatches: Int) {
        self.microbatches = microbatches
        var (all, closing) = (0, 0)
        for action in program?.actions ?? [] {
            guard case .backward(chunk: 0, let closesLane)? = program?.passes[action.pass].role else { continue }
            all += 1
            if closesLane { closing += 1 }
        }
        perLane = closing > 0 ? all / closing : 0
        played = closing > 0 ? min(microbatches / closing, perLane) : 0
    }

    func contains(_ action: Action, of program: Program) -> Bool {
        switch program.passes[action.pass].role {
        case .reduceGradients, .optimizerStep: true
        default: perLane > 0 ? action.microbatch % perLane >= perLane - played : action.microbatch < microbatches
        }
    }
}
