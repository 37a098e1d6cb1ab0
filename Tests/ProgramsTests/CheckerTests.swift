import Recipes
import Testing

@testable import Programs

@Suite("Checker") struct CheckerTests {
    typealias Kind = Checker.Problem.Kind

    @Test("Every legal layout of nano is sound", arguments: [1, 2, 4], [1, 2, 4])
    func sound(tensor: Int, pipeline: Int) throws {
        for layout in Nano.layouts where layout.tensor == tensor && layout.pipeline == pipeline {
            let problems = Checker.problems(in: try Nano.programs(layout), layout: layout)
            #expect(problems.isEmpty, "\(layout): \(problems.prefix(3))")
        }
    }

    @Test("Evaluation is sound in every layout")
    func soundEvaluation() throws {
        for layout in Nano.layouts where layout.schedule == .gpipe && layout.zero == 1 {
            let recipe = Nano.recipe(layout)
            var programs = try Lowering.programs(recipe)
            for i in programs.indices {
                programs[i].actions = Lowering.evaluationActions(of: programs[i], recipe: recipe)
            }
            #expect(Checker.problems(in: programs, layout: layout).isEmpty, "\(layout)")
        }
    }

    @Test("A layer count shared out with embedding and head as slots is sound, and so is a middle stage")
    func soundUnevenStages() throws {
        let layout = Layout(tensor: 2, pipeline: 3, data: 2, microBatch: 2)
        let programs = try Nano.programs(layout)
        #expect(Checker.problems(in: programs, layout: layout).isEmpty)
    }

    @Test("Two of BLOOM 176B's replicas are sound, with more micro-batches than stages")
    func sound176B() throws {
        var recipe = try Recipe.load("bloom-176b")
        recipe.layout.data = 2
        recipe.batch = .init(global: 16 * recipe.layout.data * recipe.layout.microBatch)
        #expect(Checker.problems(in: try Lowering.programs(recipe), layout: recipe.layout).isEmpty)
    }

    // Every test below breaks one rank of four (tensor 2 × pipeline 2: ranks 0 and 1 hold the first stage) or of a
    // layout that it names, and expects that rank to be named.

    static let layout = Layout(tensor: 2, pipeline: 2, data: 1, microBatch: 4)

    /// The problems after `defect` has changed one rank's program.
    static func problems(
        _ layout: Layout = layout, rank: Int, _ defect: (inout Program) throws -> Void
    ) throws -> [Checker.Problem] {
        var programs = try Nano.programs(layout)
        try defect(&programs[rank])
        return Checker.problems(in: programs, layout: layout)
    }

    // MARK: Messages

    @Test("An unmatched send") func unmatchedSend() throws {
        let problems = try Self.problems(rank: 1) { program in
            program.actions.append(Action(pass: try program.pass("send activation"), microbatch: 3))
        }
        #expect(problems.map(\.kind) == [.unmatchedSend])
        #expect(problems.map(\.rank) == [1])
    }

    @Test("An unmatched receive") func unmatchedReceive() throws {
        let problems = try Self.problems(rank: 1) { program in
            program.actions.append(Action(pass: try program.pass("receive gradient"), microbatch: 3))
        }
        #expect(problems.map(\.kind) == [.unmatchedReceive])
        #expect(problems.map(\.rank) == [1])
    }

    @Test("A receive from a stage that does not exist") func receiveFromNowhere() throws {
        let problems = try Self.problems(rank: 3) { program in
            let pass = try program.pass("optimizer step")
            program.passes[pass].instructions.append(
                Instruction(
                    .receive(Transfer(.gradient, .nextStage, boundary: 2)),
                    writes: [Operand(program.parameters, count: 1)]))
        }
        #expect(problems.map(\.kind) == [.unmatchedReceive])
        #expect(problems.map(\.rank) == [3])
    }

    @Test("A message for another micro-batch") func wrongMicrobatch() throws {
        let gpipe = Layout(pipeline: 2, microBatch: 4, schedule: .gpipe)
        let problems = try Self.problems(gpipe, rank: 0) { program in
            // Forward and send of micro-batch 1, then those of 0.
            program.actions.swapAt(0, 2)
            program.actions.swapAt(1, 3)
        }
        #expect(problems.map(\.kind) == [.unmatchedReceive])
        #expect(problems.map(\.rank) == [1])
        #expect(problems[0].detail.contains("micro-batch 0"))
    }

    @Test("Messages of different lengths") func messageShape() throws {
        let problems = try Self.problems(rank: 2) { program in
            let pass = try program.pass("send gradient")
            program.passes[pass].instructions[0].reads[0].count -= 1
        }
        #expect(problems.map(\.kind) == [.shapeMismatch])
        #expect(problems.map(\.rank) == [0])
        #expect(problems[0].detail.contains("rank 2"))
    }

    // MARK: Collectives

    @Test("Collectives in a different order on two members") func collectiveOrder() throws {
        let problems = try Self.problems(rank: 3) { program in
            let pass = try program.pass("forward")
            let maximum = try program.collectives(in: pass) { $0.kind == .allReduceMax }
            let selection = try program.collectives(in: pass) { $0.kind == .allReduceOr }
            program.passes[pass].instructions.swapAt(maximum[0], selection[0])
        }
        #expect(problems.contains { $0.kind == .collectiveOrder && $0.rank == 3 })
    }

    @Test("A member that leaves a collective out") func missingCollective() throws {
        let replicas = Layout(data: 2, microBatch: 4, zero: 0)
        let problems = try Self.problems(replicas, rank: 1) { program in
            let pass = try program.pass("reduce gradients")
            let last = try #require(try program.collectives(in: pass) { $0.group == .data }.last)
            program.passes[pass].instructions.remove(at: last)
        }
        #expect(problems.map(\.kind) == [.collectiveOrder])
        // Rank 1 comes to the next exchange of the group while rank 0 is in the one that it left out.
        #expect(problems.map(\.rank) == [1])
        #expect(problems[0].detail.contains("gatherSquares here and allReduceSum on rank 0"))
    }

    @Test("Of four members the one that differs is named, whoever comes first") func oddOneOut() throws {
        for odd in 0..<4 {
            let problems = try Self.problems(Layout(tensor: 4, microBatch: 4), rank: odd) { program in
                let pass = try program.pass("forward")
                let index = try program.collectives(in: pass) { $0.kind == .allReduceSum }[0]
                try program.changeCollective(pass, index) { $0.kind = .allReduceMax }
            }
            #expect(problems.map(\.kind) == [.collectiveOrder])
            #expect(problems.map(\.rank) == [odd])
        }
    }

    @Test("Collectives over different counts") func collectiveShape() throws {
        let problems = try Self.problems(rank: 1) { program in
            let pass = try program.pass("forward")
            let index = try program.collectives(in: pass) { $0.kind == .allReduceSum }[0]
            try program.changeCollective(pass, index) { $0.count -= 1 }
        }
        #expect(problems.map(\.kind) == [.shapeMismatch])
        #expect(problems.map(\.rank) == [1])
    }

    @Test("Collectives with different chunks") func collectiveCuts() throws {
        let problems = try Self.problems(rank: 1) { program in
            let pass = try program.pass("forward")
            let index = try program.collectives(in: pass) { $0.kind == .allReduceSum }[0]
            try program.changeCollective(pass, index) { $0.cuts[1] += 1 }
        }
        #expect(problems.map(\.kind) == [.shapeMismatch])
        #expect(problems.map(\.rank) == [1])
    }

    @Test("A rank that is no member of its collective's group") func notAMember() throws {
        let stages = Layout(pipeline: 4, microBatch: 4)
        let problems = try Self.problems(stages, rank: 1) { program in
            let pass = try program.pass("forward")
            let x = Operand(program.parameters, count: 2)
            let exchange = CollectiveOperation(.allReduceSum, .tied, count: 2, cuts: [0, 1, 2])
            program.passes[pass].instructions.append(Instruction(.collective(exchange), reads: [x], writes: [x]))
        }
        #expect(problems.map(\.kind) == [.collectiveOrder])
        #expect(problems.map(\.rank) == [1])
    }

    // MARK: Deadlocks

    @Test("Two stages that both receive first") func bothReceiveFirst() throws {
        let stages = Layout(pipeline: 2, microBatch: 4)
        let problems = try Self.problems(stages, rank: 0) { program in
            let receive = try program.pass("receive gradient")
            let first = try #require(program.actions.firstIndex { $0.pass == receive })
            program.actions.insert(program.actions.remove(at: first), at: 0)
        }
        #expect(problems.map(\.kind) == [.deadlock, .deadlock])
        #expect(problems.map(\.rank) == [0, 1])
        #expect(problems[0].detail.contains("0 → 1 → 0"))
    }

    @Test("Exchanges of two groups entered in opposite orders, through a third and a fourth rank") func crossedGroups()
        throws
    {
        let square = Layout(tensor: 2, data: 2, microBatch: 4, zero: 0)
        var programs = try Nano.programs(square)
        // Ranks 0 and 3 meet their tensor neighbour first, ranks 1 and 2 their replica.
        for rank in programs.indices {
            let x = Operand(programs[rank].parameters, count: 2)
            let groups: [Group] = rank == 0 || rank == 3 ? [.tensor, .data] : [.data, .tensor]
            let exchanges = groups.map { group in
                let exchange = CollectiveOperation(.allReduceMax, group, count: 2, cuts: [0, 1, 2])
                return Instruction(.collective(exchange), reads: [x], writes: [x])
            }
            let pass = try programs[rank].pass("optimizer step")
            programs[rank].passes[pass].instructions += exchanges
        }
        let problems = Checker.problems(in: programs, layout: square)
        #expect(problems.map(\.kind) == [.deadlock, .deadlock, .deadlock, .deadlock])
    }

    @Test("A send left out: the neighbour waits for a rank that waits for it; others behind them are not blamed")
    func missingSend() throws {
        let problems = try Self.problems(rank: 0) { program in
            let send = try program.pass("send activation")
            let last = try #require(program.actions.lastIndex { $0.pass == send })
            program.actions.remove(at: last)
        }
        #expect(problems.map(\.kind) == [.deadlock, .deadlock])
        #expect(problems.map(\.rank) == [0, 2])
    }
}

extension Program {
    /// Index of a pass by name.
    func pass(_ name: String) throws -> Int { try #require(passes.firstIndex { $0.name == name }) }

    var parameters: BufferID { BufferID(0) }

    /// Places of the collectives of a pass that `matches` accepts; at least one.
    func collectives(in pass: Int, _ matches: (CollectiveOperation) -> Bool) throws -> [Int] {
        let found = passes[pass].instructions.indices.filter {
            if case .collective(let c) = passes[pass].instructions[$0].operation { matches(c) } else { false }
        }
        try #require(!found.isEmpty)
        return found
    }

    mutating func changeCollective(_ pass: Int, _ index: Int, _ change: (inout CollectiveOperation) -> Void) throws {
        guard case .collective(var collective) = passes[pass].instructions[index].operation else {
            Issue.record("instruction \(index) is no collective")
            return
        }
        change(&collective)
        passes[pass].instructions[index].operation = .collective(collective)
    }
}

@Suite("Checker: the step's statistics")
struct StatisticsCheckTests {
    @Test(
        "an exchange of norms that one rank leaves out is found, in either group",
        arguments: [
            (Statistics.gatherSquares, Layout(data: 2, microBatch: 4)),
            (.gatherUpdates, Layout(data: 4, microBatch: 4)),
            (.combineSquares, Layout(tensor: 2, microBatch: 4)), (.combineUpdates, Layout(pipeline: 2, microBatch: 4)),
        ])
    func leftOut(phase: Statistics, layout: Layout) throws {
        var programs = try Nano.programs(layout)
        for pass in programs[1].passes.indices {
            programs[1].passes[pass].instructions.removeAll { $0.operation == .statistics(phase) }
        }
        let problems = Checker.problems(in: programs, layout: layout)
        #expect(!problems.isEmpty)
        #expect(problems.allSatisfy { $0.kind == .collectiveOrder }, "\(problems)")
    }
}
