import Recipes
import Testing

@testable import Programs

@Suite("Lowering") struct LoweringTests {
    @Test("Ranks that differ in their tensor coordinate do the same; replicas differ only at the step's end")
    func alike() throws {
        for zero in [0, 1] {
            let layout = Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2, zero: zero)
            let programs = try Nano.programs(layout)
            for program in programs {
                var c = program.coordinate
                c.tensor = 0
                #expect(program.passes == programs[c.rank(in: layout)].passes)
                c.data = 0
                let first = programs[c.rank(in: layout)]
                #expect(program.actions == first.actions)
                #expect(program.passes.map(\.name) == first.passes.map(\.name))
                for (mine, other) in zip(program.passes, first.passes) {
                    if mine.name == "forward" || mine.name == "backward" { #expect(mine == other) }
                    #expect(mine.instructions.count == other.instructions.count)
                }
            }
        }
    }

    @Test(
        "A layer exchanges twice forward and twice backward, as Megatron's tensor parallelism does", arguments: [2, 4])
    func layerExchanges(tensor: Int) throws {
        // One layer per stage: stages 1 and 2 hold nothing else.
        let layout = Layout(tensor: tensor, pipeline: 4, microBatch: 4)
        let programs = try Nano.programs(layout)
        for program in programs {
            let forward = try Self.kinds(program, "forward", .tensor)
            let backward = try Self.kinds(program, "backward", .tensor)
            let layer: [CollectiveOperation.Kind] = [.allReduceSum, .allReduceSum]
            switch program.coordinate.pipeline {
            case 0:
                #expect(forward == [.allReduceOr] + layer)
                #expect(backward == layer)
            case 3:
                #expect(forward == layer + [.allReduceMax, .allReduceSum, .allReduceOr])
                #expect(backward == [.allReduceSum] + layer)
            default:
                #expect(forward == layer)
                #expect(backward == layer)
            }
        }
    }

    @Test("A layer's exchanges move a hidden state each", arguments: [2, 4])
    func exchangedElements(tensor: Int) throws {
        let layout = Layout(tensor: tensor, pipeline: 4, microBatch: 4)
        let program = try Nano.programs(layout)[tensor]
        #expect(program.coordinate.pipeline == 1)
        for pass in ["forward", "backward"] {
            #expect(try Self.collectives(program, pass, .tensor).map(\.count) == [4 * 32 * 64, 4 * 32 * 64])
        }
    }

    @Test("One rank exchanges nothing and sends nothing")
    func alone() throws {
        let program = try Nano.programs(Layout(microBatch: 4))[0]
        #expect(program.passes.map(\.name) == ["forward", "backward", "reduce gradients", "optimizer step"])
        for instruction in program.passes.flatMap(\.instructions) {
            if case .collective = instruction.operation { Issue.record("\(instruction)") }
        }
    }

    @Test("Replicas reduce each region once per step; ZeRO-1 scatters and then gathers parameters", arguments: [0, 1])
    func dataExchanges(zero: Int) throws {
        let layout = Layout(pipeline: 4, data: 2, microBatch: 4, zero: zero)
        let reduction: CollectiveOperation.Kind = zero == 0 ? .allReduceSum : .reduceScatter
        for program in try Nano.programs(layout) {
            // The ends hold the tied embedding, reduced apart from the rest (A9).
            let regions = program.coordinate.pipeline == 0 || program.coordinate.pipeline == 3 ? 2 : 1
            #expect(try Self.kinds(program, "reduce gradients", .data) == Array(repeating: reduction, count: regions))
            let gathers = try Self.kinds(program, "optimizer step", .data)
            #expect(gathers == (zero == 0 ? [] : Array(repeating: .allGather, count: regions)))
            #expect(try Self.collectives(program, "backward", .data).isEmpty)
            #expect(try Self.collectives(program, "reduce gradients", .tied).count == regions - 1)
        }
    }

    @Test("With one stage, head and look-up gradients are reduced apart and added once (A9)")
    func tiedOnOneStage() throws {
        let program = try Nano.programs(Layout(data: 2, microBatch: 4))[0]
        #expect(try Self.kinds(program, "reduce gradients", .data).count == 3)
        let pass = try program.pass("reduce gradients")
        let adds = program.passes[pass].instructions.filter { if case .add = $0.operation { true } else { false } }
        #expect(adds.count == 1)
        let names = adds[0].reads.map { program.buffers[$0.buffer.index].name }
        #expect(names == ["gradients", "look-up gradient"])
    }

    @Test("Every parameter's gradient is written by one instruction of the backward, with the rank's fold")
    func gradients() throws {
        for layout in Nano.layouts where layout.schedule == .gpipe && layout.zero == 1 {
            let fold = LaneFold(lanes: 8 / layout.data, samplesPerLane: 2, microBatch: layout.microBatch)
            for program in try Nano.programs(layout) where program.coordinate.tensor == 0 {
                let sums = program.passes[try program.pass("backward")].instructions.filter {
                    $0.operation.laneFold != nil
                }
                #expect(sums.allSatisfy { $0.operation.laneFold == fold })
                for entry in program.shard.entries {
                    let part = Operand(BufferID(1), offset: entry.offset, count: entry.count)
                    // The first of several stages has only the look-up's gradient, which the tied exchange adds.
                    let lookupOnly = entry.modelIndex == 0 && program.coordinate.pipeline < layout.pipeline - 1
                    #expect(
                        sums.filter { $0.writes.contains(part) }.count == (lookupOnly ? 0 : 1),
                        "\(entry.parameter.name)")
                }
            }
        }
    }

    @Test("Sums that tensor ranks split are divided into the rank's share of the segments (A5)", arguments: [1, 2, 4])
    func segments(tensor: Int) throws {
        let program = try Nano.programs(Layout(tensor: tensor, microBatch: 4))[0]
        let products = program.passes.flatMap(\.instructions).compactMap { instruction -> MatrixProduct? in
            if case .product(let product) = instruction.operation { product } else { nil }
        }
        let split = products.filter { $0.segments > 1 }
        #expect(split.allSatisfy { $0.segments == 8 / tensor && !$0.transposesB })
        // Per layer: attention output, MLP down, and the gradients entering QKV and MLP up; then that entering the head.
        #expect(split.count == 4 * 4 + 1)
        #expect(Set(split.map(\.k)) == [64 / tensor, 256 / tensor, 192 / tensor, 264 / tensor])
        #expect(products.filter { $0.segments == 1 }.allSatisfy { $0.k == 64 && $0.transposesB })
    }

    @Test("Residual paths: a layer's norms add the gradient that went around them, the outer norms have none")
    func residuals() throws {
        let program = try Nano.programs(Layout(microBatch: 4))[0]
        let norms = program.passes[try program.pass("backward")].instructions.filter {
            if case .layerNormBackward = $0.operation { true } else { false }
        }
        // Backwards: the final norm, two in each of four layers, the embedding's.
        #expect(norms.map(\.reads.count) == [5] + Array(repeating: 6, count: 8) + [5])
        for (norm, next) in zip(norms, norms.dropFirst()) where next.reads.count == 6 {
            #expect(next.reads[5] == norm.writes[0])
        }
    }

    @Test("Stages of 176B: 70 layers and two slots over 12 stages")
    func unevenStages() throws {
        let recipe = try Recipe.load("bloom-176b")
        let layers = try (0..<12).map { stage in
            let shard = try Lowering.shardLayout(recipe, at: Coordinate(tensor: 0, data: 0, pipeline: stage))
            return shard.entries.filter { $0.parameter.name.hasSuffix("input_layernorm.weight") }.count
        }
        #expect(layers == [5] + Array(repeating: 6, count: 10) + [5])
    }

    @Test("A layout that the recipe does not allow is refused, not lowered")
    func refused() {
        #expect(throws: (any Error).self) { try Nano.programs(Layout(tensor: 3)) }
        #expect(throws: (any Error).self) { try Nano.programs(Layout(pipeline: 5)) }
    }

    // MARK: What passes exchange

    static func collectives(_ program: Program, _ pass: String, _ group: Group) throws -> [CollectiveOperation] {
        program.passes[try program.pass(pass)].instructions.compactMap {
            if case .collective(let c) = $0.operation, c.group == group { c } else { nil }
        }
    }

    static func kinds(_ program: Program, _ pass: String, _ group: Group) throws -> [CollectiveOperation.Kind] {
        try collectives(program, pass, group).map(\.kind)
    }
}
