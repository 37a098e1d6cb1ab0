import Recipes

extension Schedule {
    /// The forward or backward of one micro-batch through one chunk.
    public struct Half: Sendable, Equatable {
        public var isForward: Bool
        public var microbatch: Int
        public var chunk: Int
    }

    /// The order in which a stage takes forwards and backwards: each place is computed when it is asked for.
    ///
    /// A number of forwards first, then one forward and one backward in turn, then the backwards that are left.
    public struct Order: Sendable {
        let stages, microbatches, chunks: Int
        let isInterleaved: Bool
        /// Forwards before the first backward is due.
        let warmup: Int

        public init(
            _ kind: Layout.Schedule, stage: Int, stages: Int, microbatches: Int, chunks: Int = 1,
            style: EngineStyle = .serre
        ) {
            self.stages = stages
            self.microbatches = microbatches
            self.chunks = chunks
            isInterleaved = kind == .interleaved
            let total = microbatches * chunks
            switch kind {
            // GPipe (Huang et al. 2019): all forwards, then all backwards.
            case .gpipe: warmup = total
            // 1F1B (PipeDream-Flush, Narayanan et al. 2021): fill, alternate, drain.
            case .oneForwardOneBackward: warmup = min(stages - stage - 1, total)
            // Interleaved 1F1B (Narayanan et al. 2021, section 2.2). With one group of micro-batches Megatron-LM takes all
            // forwards first, PyTorch's pipelines do not.
            case .interleaved:
                warmup =
                    microbatches == stages && style != .fsdp
                    ? total : min(2 * (stages - stage - 1) + (chunks - 1) * stages, total)
            }
        }

        /// Forwards, and as many backwards.
        var total: Int { microbatches * chunks }

        /// All halves.
        public var count: Int { 2 * total }

        public subscript(place: Int) -> Half {
            let turn = place - warmup
            if turn < 0 { return half(place, isForward: true) }
            if turn >= 2 * (total - warmup) { return half(place - total, isForward: false) }
            return turn % 2 == 0 ? half(warmup + turn / 2, isForward: true) : half(turn / 2, isForward: false)
        }

        /// Interleaved, groups of as many micro-batches as stages go through chunk after chunk, in the backward from the
        /// last chunk to the first.
        private func half(_ number: Int, isForward: Bool) -> Half {
            guard isInterleaved else { return Half(isForward: isForward, microbatch: number, chunk: 0) }
            let group = stages * chunks
            let chunk = number % group / stages
            return Half(
                isForward: isForward, microbatch: number / group * stages + number % stages,
                chunk: isForward ? chunk : chunks - 1 - chunk)
        }
    }
}
