import Randomness

extension Scenario {
    /// Fills in what the events leave open, and draws those that the rates ask for: a scenario with nothing left to chance.
    ///
    /// The same seed and shape give the same events.
    public func settled(seed: UInt64, for shape: RunShape) -> Scenario {
        var settled = self
        var draws = RandomDraws(seed: seed, purpose: Self.purpose, stream: 0)
        settled.events = events.map { $0.settled(&draws, shape) }
        for step in (shape.stepsDone + 1)...max(shape.steps, shape.stepsDone + 1) {
            for rate in rates where draws.uniform() <= rate.chance {
                settled.events.append(FaultEvent(rate.kind, at: .step(step)).settled(&draws, shape))
            }
        }
        settled.rates = []
        settled.events += drawnAtProfileRates(&draws, shape)
        settled.profileRates = nil
        return settled
    }

    /// At most one of each kind in a step: ``check(against:)`` refuses rates that ask for more.
    private func drawnAtProfileRates(_ draws: inout RandomDraws, _ shape: RunShape) -> [FaultEvent] {
        guard let profileRates else { return [] }
        var events: [FaultEvent] = []
        for step in (shape.stepsDone + 1)...max(shape.steps, shape.stepsDone + 1) {
            for (kind, mean) in profileRates.perStep(shape) where draws.uniform() <= mean {
                var event = FaultEvent(kind, at: .step(step))
                // Early enough in a step, or in the save after it, to come to pass on any layout: rates count what happens.
                if kind == .nodeLoss, draws.uniform() < 0.25 {
                    event.operation = draws.below(6)
                } else {
                    event.instruction = draws.below(100)
                }
                events.append(event.settled(&draws, shape))
            }
        }
        return events
    }

    /// A scenario of one to four faults of any kinds that a run can live through or must refuse.
    public static func drawn(seed: UInt64, for shape: RunShape) -> Scenario {
        var draws = RandomDraws(seed: seed, purpose: purpose, stream: 1)
        let count = 1 + draws.below(4)
        var events: [FaultEvent] = []
        for _ in 0..<count {
            let kind = FaultKind.allCases[draws.below(FaultKind.allCases.count)]
            let step = 1 + draws.below(shape.steps)
            // Drawn whether the kind can strike there or not: what one event is does not move the others.
            let evaluated = (draws.uniform(), draws.uniform())
            var event = FaultEvent(kind, at: .step(step))
            if kind.keys.contains(.phase), evaluated.0 < evaluationShare {
                let steps = shape.evaluatedSteps
                event.moment = .step(steps[min(Int(evaluated.1 * Double(steps.count)), steps.count - 1)])
                event.phase = .evaluation
            }
            events.append(event.settled(&draws, shape))
        }
        return Scenario(name: "seed-\(seed)", events: events)
    }

    /// How many of the faults that can strike in an evaluation do: it is shorter than the steps before it, and as much can go wrong.
    private static let evaluationShare = 0.3

    /// Apart from other uses of the seed: FALT.
    private static let purpose: UInt32 = 0x4641_4C54
}

extension Scenario.ProfileRates {
    /// How many faults of each kind a step brings on average; none that the profile does not tell of.
    func perStep(_ shape: RunShape) -> [(kind: FaultKind, mean: Double)] {
        let exposure = hoursPerStep * Double(nodes ?? shape.nodes)
        return [(FaultKind.nodeLoss, shape.crashesPerNodeHour), (.hang, shape.hangsPerNodeHour)].compactMap {
            kind, rate in
            rate.map { (kind, $0 * exposure) }
        }
    }
}

extension RandomDraws {
    /// A whole number from 0 up to `bound`, which is not reached.
    public mutating func below(_ bound: Int) -> Int { min(Int(uniform() * Double(bound)), bound - 1) }
}

extension FaultEvent {
    /// The event with nothing left open that its kind can say.
    func settled(_ draws: inout RandomDraws, _ shape: RunShape) -> FaultEvent {
        var event = self
        // Every key is drawn whether it is needed or not: what one event leaves open does not move the others.
        let drawn = (
            rank: draws.below(shape.ranks), node: draws.below(shape.nodes), instruction: draws.uniform(),
            message: draws.below(60), operation: draws.below(40), element: draws.below(1 << 16),
            bit: draws.below(1 << 20),
            factor: 1 + 4 * draws.uniform(), steps: 1 + draws.below(4), times: 1 + draws.below(4),
            delay: draws.uniform() * 2 * shape.stepSeconds, grace: draws.uniform() * 3 * shape.stepSeconds,
            isOnDisk: draws.uniform() < 0.5
        )
        let keys = kind.keys
        func fill<Value>(_ key: Key, _ place: inout Value?, _ value: Value) {
            if place == nil, keys.contains(key) { place = value }
        }
        fill(.rank, &event.rank, drawn.rank)
        fill(.node, &event.node, drawn.node)
        // One that the rank has: on a small layout a step is short.
        let count = shape.instructions(for: event)
        let instruction = min(Int(drawn.instruction * Double(count)), count - 1)
        // A process dies either at an instruction or at an operation on the disk, which no evaluation uses.
        if keys.contains(.instruction), keys.contains(.operation) {
            if event.instruction == nil, event.operation == nil {
                if drawn.isOnDisk, event.phase != .evaluation {
                    event.operation = drawn.operation
                } else {
                    event.instruction = instruction
                }
            }
        } else {
            fill(.instruction, &event.instruction, instruction)
            fill(.operation, &event.operation, drawn.operation)
        }
        fill(.message, &event.message, drawn.message)
        fill(.element, &event.element, drawn.element)
        fill(.bit, &event.bit, drawn.bit)
        fill(.factor, &event.factor, drawn.factor)
        fill(.steps, &event.steps, drawn.steps)
        fill(.times, &event.times, drawn.times)
        fill(.delay, &event.delay, drawn.delay)
        fill(.grace, &event.grace, drawn.grace)
        return event
    }
}
