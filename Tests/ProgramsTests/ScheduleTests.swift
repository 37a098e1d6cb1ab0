import Recipes
import Testing

@testable import Programs

@Suite("Schedules") struct ScheduleTests {
    typealias Actions = [ScheduleAction]

    /// A stage of a pipeline and its schedule.
    struct Case {
        var kind: Layout.Schedule
        var stage: Int
        var stages: Int
        var microbatches: Int
        var chunks = 1

        var actions: Actions { actions(ofStage: stage) }
        func actions(ofStage stage: Int) -> Actions {
            Schedule.actions(kind, stage: stage, stages: stages, microbatches: microbatches, chunks: chunks)
        }
        var inFlight: [Int] {
            Schedule.inFlight(kind, stage: stage, stages: stages, microbatches: microbatches, chunks: chunks)
        }
        func isFirst(_ chunk: Int) -> Bool { stage == 0 && chunk == 0 }
        func isLast(_ chunk: Int) -> Bool { stage == stages - 1 && chunk == chunks - 1 }
    }

    /// Every stage of up to 6, with up to 8 micro-batches or, interleaved, up to 4 chunks and 4 groups of micro-batches.
    static func cases(_ kind: Layout.Schedule) -> [Case] {
        (kind == .interleaved ? 2...6 : 1...6).flatMap { stages in
            (kind == .interleaved ? 2...4 : 1...1).flatMap { chunks in
                (kind == .interleaved ? (1...4).map { $0 * stages } : Array(1...8)).flatMap { microbatches in
                    (0..<stages).map {
                        Case(kind: kind, stage: $0, stages: stages, microbatches: microbatches, chunks: chunks)
                    }
                }
            }
        }
    }

    @Test("PyTorch's interleaved pipelines alternate after the warm-up also with one group of micro-batches")
    func oneGroup() {
        func inFlight(_ style: EngineStyle) -> [Int] {
            Schedule.inFlight(.interleaved, stage: 3, stages: 4, microbatches: 4, chunks: 2, style: style)
        }
        #expect(inFlight(.megatron) == [4, 4])
        #expect(inFlight(.fsdp) == [4, 1])
    }

    @Test(
        "Each micro-batch goes forward once, then backward once, through every chunk; a chunk's backwards ascend",
        arguments: Layout.Schedule.allCases)
    func order(kind: Layout.Schedule) {
        for place in Self.cases(kind) {
            let actions = place.actions
            for chunk in 0..<place.chunks {
                let forwards = actions.compactMap { if case .forward(let m, chunk) = $0 { m } else { nil } }
                let backwards = actions.compactMap { if case .backward(let m, chunk) = $0 { m } else { nil } }
                #expect(forwards == Array(0..<place.microbatches), "\(place)")
                #expect(backwards == Array(0..<place.microbatches), "\(place)")
                for m in 0..<place.microbatches {
                    let forward = actions.firstIndex(of: .forward(microbatch: m, chunk: chunk)) ?? actions.count
                    let backward = actions.firstIndex(of: .backward(microbatch: m, chunk: chunk)) ?? -1
                    #expect(forward < backward, "\(place), micro-batch \(m)")
                }
            }
            #expect(actions.suffix(2) == [.reduceGradients, .optimizerStep])
        }
    }

    @Test("The most micro-batches between forward and backward is inFlight", arguments: Layout.Schedule.allCases)
    func inFlight(kind: Layout.Schedule) {
        for place in Self.cases(kind) {
            var now = Array(repeating: 0, count: place.chunks)
            var most = now
            for action in place.actions {
                switch action {
                case .forward(_, let chunk): now[chunk] += 1
                case .backward(_, let chunk): now[chunk] -= 1
                default: break
                }
                for chunk in most.indices { most[chunk] = max(most[chunk], now[chunk]) }
            }
            #expect(place.inFlight == most, "\(place)")
        }
    }

    @Test("The micro-batches that a chunk has in flight have a copy each", arguments: Layout.Schedule.allCases)
    func copies(kind: Layout.Schedule) {
        for place in Self.cases(kind) {
            var held: [[Int: Int]] = Array(repeating: [:], count: place.chunks)
            for action in place.actions {
                switch action {
                case .forward(let m, let chunk):
                    let copy = m % place.inFlight[chunk]
                    #expect(held[chunk][copy] == nil, "\(place): \(m) takes the copy of \(held[chunk][copy] ?? -1)")
                    held[chunk][copy] = m
                case .backward(let m, let chunk): held[chunk][m % place.inFlight[chunk]] = nil
                default: break
                }
            }
        }
    }

    @Test(
        "A receive comes right before the pass that needs it, a send right after", arguments: Layout.Schedule.allCases)
    func transfersSurroundPasses(kind: Layout.Schedule) {
        for place in Self.cases(kind) {
            let actions = place.actions
            for (i, action) in actions.enumerated() {
                switch action {
                case .receiveActivation(let m, let c):
                    #expect(!place.isFirst(c) && actions[i + 1] == .forward(microbatch: m, chunk: c))
                case .sendActivation(let m, let c):
                    #expect(!place.isLast(c) && actions[i - 1] == .forward(microbatch: m, chunk: c))
                case .receiveGradient(let m, let c):
                    #expect(!place.isLast(c) && actions[i + 1] == .backward(microbatch: m, chunk: c))
                case .sendGradient(let m, let c):
                    #expect(!place.isFirst(c) && actions[i - 1] == .backward(microbatch: m, chunk: c))
                default: break
                }
            }
            let transfers = (0..<place.chunks).reduce(0) {
                $0 + (place.isFirst($1) ? 0 : 2) + (place.isLast($1) ? 0 : 2)
            }
            #expect(actions.count == (2 * place.chunks + transfers) * place.microbatches + 2)
        }
    }

    @Test(
        "What a virtual stage sends, the next one receives, in the same order; the last rank's next is the first",
        arguments: Layout.Schedule.allCases)
    func sendsMatchReceives(kind: Layout.Schedule) {
        for place in Self.cases(kind) {
            let nextStage = (place.stage + 1) % place.stages
            let next = place.actions(ofStage: nextStage)
            for chunk in 0..<place.chunks where !place.isLast(chunk) {
                let there = chunk + (nextStage == 0 ? 1 : 0)
                let sent = place.actions.compactMap { if case .sendActivation(let m, chunk) = $0 { m } else { nil } }
                let received = next.compactMap { if case .receiveActivation(let m, there) = $0 { m } else { nil } }
                #expect(sent == received, "\(place)")
                let sentBack = next.compactMap { if case .sendGradient(let m, there) = $0 { m } else { nil } }
                let receivedBack = place.actions.compactMap {
                    if case .receiveGradient(let m, chunk) = $0 { m } else { nil }
                }
                #expect(sentBack == receivedBack, "\(place)")
                #expect(sent.count == place.microbatches && sentBack.count == place.microbatches)
            }
        }
    }

    /// Forwards and backwards alone, in words: F or B, the micro-batch and the chunk's letter.
    private static func passes(_ actions: Actions) -> String {
        func name(_ kind: String, _ m: Int, _ chunk: Int) -> String { kind + "\(m)" + ["a", "b"][chunk] }
        let names = actions.compactMap { action -> String? in
            switch action {
            case .forward(let m, let chunk): name("F", m, chunk)
            case .backward(let m, let chunk): name("B", m, chunk)
            default: nil
            }
        }
        return names.joined(separator: " ")
    }

    @Test("1F1B on the second of three stages with four micro-batches, written out")
    func example() {
        let place = Case(kind: .oneForwardOneBackward, stage: 1, stages: 3, microbatches: 4)
        #expect(Self.passes(place.actions) == "F0a F1a B0a F2a B1a F3a B2a B3a")
    }

    /// Worked out by hand from Narayanan et al. 2021, section 2.2: warm-ups of 2·(2−1)+2 = 4 and of 2 chunk forwards.
    @Test("Interleaved 1F1B on two stages with two chunks each and four micro-batches, written out")
    func interleavedExample() {
        let first = Case(kind: .interleaved, stage: 0, stages: 2, microbatches: 4, chunks: 2)
        #expect(
            Self.passes(first.actions)
                == "F0a F1a F0b F1b F2a B0b F3a B1b F2b B0a F3b B1a B2b B3b B2a B3a")
        #expect(first.inFlight == [4, 2])
        let last = Case(kind: .interleaved, stage: 1, stages: 2, microbatches: 4, chunks: 2)
        #expect(
            Self.passes(last.actions)
                == "F0a F1a F0b B0b F1b B1b F2a B0a F3a B1a F2b B2b F3b B3b B2a B3a")
    }

    @Test("With as many micro-batches as stages, interleaving runs all forwards first")
    func interleavedFlush() {
        let place = Case(kind: .interleaved, stage: 1, stages: 2, microbatches: 2, chunks: 2)
        #expect(Self.passes(place.actions) == "F0a F1a F0b F1b B0b B1b B0a B1a")
        #expect(place.inFlight == [2, 2])
    }

    @Test("Evaluation goes forward only, with the transfers of its stage")
    func evaluation() {
        #expect(
            Schedule.evaluation(stage: 1, stages: 3, microbatches: 2) == [
                .receiveActivation(microbatch: 0), .forward(microbatch: 0), .sendActivation(microbatch: 0),
                .receiveActivation(microbatch: 1), .forward(microbatch: 1), .sendActivation(microbatch: 1),
            ])
        #expect(Schedule.evaluation(stage: 0, stages: 1, microbatches: 1) == [.forward(microbatch: 0)])
    }

    @Test("Evaluation of interleaved chunks goes through them in the order of training")
    func interleavedEvaluation() {
        for place in Self.cases(.interleaved) {
            let evaluation = Schedule.evaluation(
                .interleaved, stage: place.stage, stages: place.stages, microbatches: place.microbatches,
                chunks: place.chunks)
            let forwards = place.actions.filter {
                switch $0 {
                case .receiveActivation, .forward, .sendActivation: true
                default: false
                }
            }
            #expect(evaluation == forwards, "\(place)")
        }
    }
}
