import Recipes
import Testing

@testable import Programs

/// Interleaving, parts of the sequence, and gradients and parameters sharded over the data ranks.
@Suite("Programs of newer layouts") struct NewerLayoutTests {
    @Test(
        "Every legal layout of every family is sound", arguments: ["nano", "nano-llama", "nano-gpt2"],
        Layout.Recompute.allCases.filter { $0 != .selective })
    func sound(name: String, recompute: Layout.Recompute) throws {
        var recipe = try Recipe.load(name)
        let layouts = LayoutSpace.newer(of: recipe).filter { $0.recompute == recompute }
        #expect(layouts.count > 200)
        for layout in layouts {
            recipe.layout = layout
            let problems = Checker.problems(in: try Lowering.programs(recipe), layout: layout)
            #expect(problems.isEmpty, "\(layout): \(problems.prefix(3))")
        }
    }

    static let some = [
        Layout(tensor: 2, pipeline: 2, interleave: 2, data: 2, microBatch: 2, schedule: .interleaved, zero: 3),
        Layout(pipeline: 2, interleave: 2, data: 4, microBatch: 1, schedule: .interleaved, zero: 2),
        Layout(tensor: 4, pipeline: 2, data: 2, microBatch: 1, zero: 2, sequenceParallel: true),
        Layout(tensor: 2, pipeline: 4, data: 4, microBatch: 2, schedule: .gpipe, zero: 3, sequenceParallel: true),
    ]

    @Test("Evaluation is sound too, with chunks, strided lanes and gathered parameters", arguments: some)
    func evaluation(layout: Layout) throws {
        let recipe = Nano.recipe(layout)
        var programs = try Lowering.programs(recipe)
        for i in programs.indices {
            programs[i].actions = Lowering.evaluationActions(of: programs[i], recipe: recipe)
        }
        #expect(Checker.problems(in: programs, layout: layout).isEmpty)
    }

    @Test("Programs of a ramp have the same buffers and passes, and each is sound", arguments: [2, 3])
    func ramp(zero: Int) throws {
        let layout = Layout(
            tensor: 2, pipeline: 2, interleave: 2, data: 2, microBatch: 1, schedule: .interleaved, zero: zero)
        var recipe = Nano.recipe(layout)
        recipe.lanes = 4
        recipe.batch = .init(global: 16, rampUp: .init(start: 4, increment: 4, samples: 48))
        let byRank = try (0..<layout.ranks).map {
            try Lowering.programsByBatch(recipe, at: Coordinate(rank: $0, in: layout))
        }
        for size in byRank[0].indices {
            let programs = byRank.map { $0[size].program }
            #expect(Checker.problems(in: programs, layout: layout).isEmpty, "batch \(size)")
            #expect(programs[0].passes.map(\.role) == byRank[0][0].program.passes.map(\.role))
            #expect(programs[0].buffers.map(\.name) == byRank[0][0].program.buffers.map(\.name))
        }
    }

    // MARK: What the exchanges are

    @Test("A stage of two chunks holds the layers of both, and its passes say whose they are")
    func chunks() throws {
        let layout = Layout(pipeline: 2, interleave: 2, microBatch: 4, schedule: .interleaved)
        let programs = try Nano.programs(layout)
        #expect(Nano.recipe(layout).chunkLayers(stage: 0) == [0..<1, 2..<3])
        #expect(Nano.recipe(layout).chunkLayers(stage: 1) == [1..<2, 3..<4])
        for (program, layers) in zip(programs, [[0, 2], [1, 3]]) {
            let held = program.shard.entries.map(\.parameter.name).filter { $0.hasSuffix("input_layernorm.weight") }
            #expect(held == layers.map { "h.\($0).input_layernorm.weight" })
        }
        let transfers = programs.map { program in
            program.passes.flatMap(\.instructions).compactMap { instruction -> Transfer? in
                switch instruction.operation {
                case .send(let transfer), .receive(let transfer): transfer
                default: nil
                }
            }
        }
        #expect(Set(transfers[0].map(\.boundary)) == [1, 2, 3])
        #expect(Set(transfers[1].map(\.boundary)) == [1, 2, 3])
        // Each boundary is crossed forth and back: a send and a receive at each of its two sides.
        #expect(transfers.flatMap { $0 }.count == 3 * 4)
    }

    @Test("Tensor ranks that split the sequence move as much as those that do not: scatters and gathers for sums")
    func sequenceParallelVolume() throws {
        func volume(_ sequenceParallel: Bool, _ pass: String) throws -> Int {
            let layout = Layout(tensor: 2, pipeline: 4, microBatch: 4, sequenceParallel: sequenceParallel)
            return try LoweringTests.collectives(try Nano.programs(layout)[2], pass, .tensor).reduce(0) {
                $0 + $1.count * ($1.kind == .allReduceSum ? 2 : 1)
            }
        }
        #expect(try volume(true, "forward") == volume(false, "forward"))
        // The backward gathers a column-parallel layer's input once more, which was kept in parts (Korthikanti et al.).
        let hidden = 4 * 32 * 64
        #expect(try volume(true, "backward") == volume(false, "backward") + 2 * hidden)
    }

    @Test("ZeRO-3 gathers each layer before its forward and before its backward, on the communication stream")
    func gathers() throws {
        let program = try Nano.programs(Layout(pipeline: 2, data: 2, microBatch: 2, zero: 3))[0]
        for (pass, regions) in [("forward", 4), ("backward, lane's end", 3)] {
            // Embedding, start and two layers; the backward does not read the embedding.
            let instructions = program.passes[try program.pass(pass)].instructions
            let gathers = instructions.filter {
                if case .collective(let c) = $0.operation { c.kind == .allGather && c.group == .data } else { false }
            }
            #expect(gathers.count == regions, "\(pass)")
            #expect(gathers.allSatisfy { $0.stream == .communication })
        }
        #expect(try LoweringTests.collectives(program, "optimizer step", .data).isEmpty)
    }

    @Test("Gradients leave once per lane and region, and only where the lane ends", arguments: [1, 2])
    func scatters(microBatch: Int) throws {
        let program = try Nano.programs(Layout(pipeline: 2, data: 2, microBatch: microBatch, zero: 2))[0]
        let names = program.passes.map(\.name).filter { $0.hasPrefix("backward") }
        #expect(names == (microBatch == 1 ? ["backward", "backward, lane's end"] : ["backward, lane's end"]))
        #expect(
            try LoweringTests.kinds(program, "backward, lane's end", .data)
                == Array(repeating: .reduceScatter, count: 4))
        if microBatch == 1 { #expect(try LoweringTests.kinds(program, "backward", .data).isEmpty) }
        #expect(try LoweringTests.kinds(program, "reduce gradients", .data).isEmpty)
    }

    // MARK: Defects

    @Test("A backward that closes no lane where one ends, or closes one where none does", arguments: [0, 1])
    func wrongClosing(place: Int) throws {
        let layout = Layout(data: 2, microBatch: 1, zero: 2)
        let problems = try CheckerTests.problems(layout, rank: 1) { program in
            let passes = [try program.pass("backward"), try program.pass("backward, lane's end")]
            let first = try #require(program.actions.firstIndex { $0.pass == passes[place] })
            program.actions[first].pass = passes[1 - place]
        }
        #expect(problems.contains { $0.kind == .backwardOrder && $0.rank == 1 })
    }

    @Test("A message over another boundary than the one that is awaited")
    func wrongBoundary() throws {
        let layout = Layout(pipeline: 2, interleave: 2, microBatch: 4, schedule: .interleaved)
        let problems = try CheckerTests.problems(layout, rank: 0) { program in
            let pass = try program.pass("send activation, chunk 1")
            program.passes[pass].instructions[0].operation = .send(Transfer(.activation, .nextStage, boundary: 1))
        }
        #expect(!problems.isEmpty)
        #expect(problems.contains { $0.kind == .deadlock || $0.kind == .unmatchedReceive || $0.kind == .unmatchedSend })
    }

    @Test("A chunk's backwards out of order")
    func chunkOrder() throws {
        let layout = Layout(pipeline: 2, interleave: 2, microBatch: 4, schedule: .interleaved)
        let problems = try CheckerTests.problems(layout, rank: 1) { program in
            let pass = try program.pass("backward, chunk 1")
            let places = program.actions.indices.filter { program.actions[$0].pass == pass }
            program.actions.swapAt(places[1], places[2])
        }
        #expect(problems.contains { $0.kind == .backwardOrder && $0.rank == 1 })
    }

    @Test("A chunk whose backwards are left out")
    func missingChunk() throws {
        let layout = Layout(pipeline: 2, interleave: 2, microBatch: 4, schedule: .interleaved)
        let problems = try CheckerTests.problems(layout, rank: 0) { program in
            let passes = [try program.pass("backward, chunk 1"), try program.pass("send gradient, chunk 1")]
            program.actions.removeAll { passes.contains($0.pass) }
        }
        // Its layers' gradients are never written.
        #expect(problems.contains { $0.kind == .readBeforeWrite && $0.rank == 0 })
    }

    @Test("A parameter that is used without having been gathered")
    func missingGather() throws {
        let layout = Layout(data: 2, microBatch: 2, zero: 3)
        var programs = try Nano.programs(layout)
        for i in programs.indices {
            let pass = try programs[i].pass("forward")
            let gathers = try programs[i].collectives(in: pass) { $0.kind == .allGather }
            programs[i].passes[pass].instructions.remove(at: gathers[2])
        }
        let problems = Checker.problems(in: programs, layout: layout)
        #expect(!problems.isEmpty)
        #expect(problems.allSatisfy { $0.kind == .readBeforeWrite && $0.detail.contains("gathered") })
    }

    @Test("One member on the communication stream and one on the other do not meet")
    func otherStream() throws {
        let layout = Layout(data: 2, microBatch: 2, zero: 3)
        let problems = try CheckerTests.problems(layout, rank: 1) { program in
            let pass = try program.pass("forward")
            let gather = try program.collectives(in: pass) { $0.kind == .allGather }[0]
            program.passes[pass].instructions[gather].stream = .compute
        }
        #expect(!problems.isEmpty)
    }
}
