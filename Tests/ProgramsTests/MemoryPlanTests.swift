import Recipes
import Testing

@testable import Programs

@Suite("Memory plan") struct MemoryPlanTests {
    @Test(
        "No two buffers of a pass that are alive at once share a byte, and all lie in the arena",
        arguments: Nano.layouts.filter { $0.schedule == .gpipe && $0.zero == 1 })
    func arenaDoesNotOverlap(layout: Layout) throws {
        for program in try Nano.programs(layout) where program.coordinate.tensor == 0 && program.coordinate.data == 0 {
            let plan = MemoryPlan(program)
            for pass in program.passes {
                let places = Self.places(pass, program, plan)
                for (i, a) in places.enumerated() {
                    #expect(a.bytes.lowerBound % MemoryPlan.alignment == 0)
                    #expect(a.bytes.upperBound <= plan.arenaBytes)
                    for b in places[..<i] where a.life.overlaps(b.life) {
                        #expect(!a.bytes.overlaps(b.bytes), "\(pass.name): \(a) and \(b)")
                    }
                }
            }
        }
    }

    @Test("Every buffer of a pass lies in the arena, every other has memory of its own with its copies")
    func placements() throws {
        let layout = Layout(pipeline: 2, microBatch: 4)
        for program in try Nano.programs(layout) {
            let plan = MemoryPlan(program)
            #expect(plan.placements.count == program.buffers.count)
            for (buffer, placement) in zip(program.buffers, plan.placements) {
                switch buffer.lifetime {
                case .run: #expect(placement == .own(copies: 1))
                case .microbatch: #expect(placement == .own(copies: 2 - program.coordinate.pipeline))
                case .pass: if case .own = placement { Issue.record("\(buffer.name) is not in the arena") }
                }
            }
        }
    }

    /// One layer of width 8, two heads, 8 tokens, 16 ids, two samples in two lanes: every byte counted by hand.
    @Test("The bytes of a tiny model by kind")
    func tiny() throws {
        let recipe = Recipe(
            name: "tiny", model: Recipe.Model(layers: 1, hidden: 8, heads: 2, sequenceLength: 8, vocabulary: 16),
            data: .init(tokenizer: "none"), batch: .init(global: 2),
            optimizer: .init(
                learningRatePeak: 1, learningRateMinimum: 1, warmupSamples: 0, decaySamples: 1, trainSamples: 1))
        let plan = MemoryPlan(try Lowering.programs(recipe)[0])
        func padded(_ bytes: Int) -> Int { (bytes + 63) / 64 * 64 }
        // 16·8 embedding, 2 norms of 16, and the layer: norms 32, QKV 216, output 72, up 288, down 264.
        let parameters = 16 * 8 + 2 * 16 + 32 + 216 + 72 + 288 + 264
        #expect(parameters == 1032)
        #expect(plan.bytes(of: .parameters) == padded(4 * parameters))
        #expect(plan.bytes(of: .optimizer) == 2 * padded(4 * parameters))
        // One slot of gradients, 8 segment accumulators for each of 10 replicated vectors, and the look-up gradient, whose
        // lanes need no memory: none is open at a micro-batch's end.
        #expect(plan.bytes(of: .gradients) == padded(4 * parameters) + 10 * 4 * 8 * 8 + 4 * 16 * 8)
        // Rows of 8 tokens; x is a hidden state of 256 bytes, r a padded vector of one number per row.
        let (x, r) = (4 * 8 * 8, 64)
        let norm = x + 2 * r
        // The MLP keeps what enters its activation, and not what leaves it.
        let layer = norm + 3 * x + x + 2 * 64 + x + norm + 4 * x + x
        let embedding = r + x + norm
        let head = r + norm + 2 * x + 3 * r
        #expect(plan.bytes(of: .activations) == embedding + layer + head)
        // Most in the backward of the MLP: the incoming gradient, that of the activation (4x) and that of the norm.
        #expect(plan.arenaBytes == x + 4 * x + x)
        // Slopes, sample losses, one float64 per block: 8 segments of 7 tensors and 10 whole vectors.
        #expect(plan.bytes(of: .workspace) == plan.arenaBytes + 64 + 64 + padded(8 * (7 * 8 + 10)))
        #expect(plan.totalBytes == BufferDeclaration.Kind.allCases.reduce(0) { $0 + plan.bytes(of: $1) })
    }

    @Test("ZeRO-1 divides the optimiser's bytes by the data degree, but for a block at each cut", arguments: [2, 4, 8])
    func zero1(data: Int) throws {
        func optimizerBytes(zero: Int) throws -> [Int] {
            let layout = Layout(tensor: 2, pipeline: 2, data: data, zero: zero)
            return try Lowering.programs(ShardLayoutTests.recipe(layout)).map { MemoryPlan($0).bytes(of: .optimizer) }
        }
        // Two moments; embedding and rest are cut apart.
        let slack = 2 * 2 * (4 * ShardLayout.blockElements + MemoryPlan.alignment)
        for (sharded, whole) in zip(try optimizerBytes(zero: 1), try optimizerBytes(zero: 0)) {
            #expect(abs(sharded - whole / data) <= slack)
            #expect(sharded < whole)
        }
    }

    @Test("ZeRO-2 holds a share of the gradients, ZeRO-3 of the parameters too", arguments: [2, 4, 8])
    func zero2And3(data: Int) throws {
        func programs(zero: Int) throws -> [Program] {
            let layout = Layout(tensor: 2, pipeline: 2, data: data, microBatch: 2, zero: zero)
            return try Lowering.programs(ShardLayoutTests.recipe(layout))
        }
        func elements(_ name: String, _ program: Program) throws -> Int {
            program.buffers[try #require(program.buffer(named: name)).index].count
        }
        let (whole, two, three) = (try programs(zero: 1), try programs(zero: 2), try programs(zero: 3))
        for rank in whole.indices {
            let all = try elements("parameters", whole[rank])
            // Embedding, ends and layers are cut apart, each at a block.
            let slack = 6 * ShardLayout.blockElements
            #expect(abs(try elements("parameters", three[rank]) - all / data) <= slack)
            #expect(try elements("parameters", two[rank]) == all)
            // A slot for each lane of the tree over rounds: one where every replica has one lane.
            let slots = LaneFold(ShardLayoutTests.recipe(Layout(data: data, microBatch: 2, zero: 2))).roundSlots
            for program in [two[rank], three[rank]] {
                #expect(abs(try elements("gradients", program) - all / data * slots) <= slack * slots)
                #expect(try elements("gradients", program) == program.shard.ownedCount * slots)
            }
            let (a, b, c) = (MemoryPlan(whole[rank]), MemoryPlan(two[rank]), MemoryPlan(three[rank]))
            #expect(
                c.bytes(of: .parameters) < a.bytes(of: .parameters)
                    && b.bytes(of: .parameters) == a.bytes(of: .parameters))
            if data == 8 { #expect(b.bytes(of: .gradients) < a.bytes(of: .gradients)) }
            #expect(c.bytes(of: .gradients) == b.bytes(of: .gradients))
            #expect(c.bytes(of: .activations) == a.bytes(of: .activations))
        }
    }

    @Test("Tensor ranks that split the sequence hold their part of norms and residuals", arguments: [2, 4])
    func sequenceParallel(tensor: Int) throws {
        func activations(_ sequenceParallel: Bool, _ recompute: Layout.Recompute) throws -> Int {
            let layout = Layout(
                tensor: tensor, pipeline: 4, microBatch: 4, sequenceParallel: sequenceParallel, recompute: recompute)
            return MemoryPlan(try Nano.programs(layout)[tensor]).bytes(of: .activations)
        }
        // Three micro-batches in flight, one layer: its input and its output are all that is kept.
        #expect(try activations(false, .full) == 3 * 2 * 4 * 32 * 64 * 4)
        #expect(try activations(true, .full) == 3 * 2 * 4 * 32 * 64 * 4 / tensor)
        // Input, output, middle and two norms with two statistics per token shrink; products stay.
        let perToken = 5 * 64 + 4
        let saved = 3 * 4 * 4 * 32 * perToken * (tensor - 1) / tensor
        #expect(try activations(false, .none) - activations(true, .none) == saved)
    }

    @Test("Chunks have as many copies as the schedule has in flight") func chunkCopies() throws {
        let layout = Layout(pipeline: 2, interleave: 2, microBatch: 4, schedule: .interleaved)
        let program = try Nano.programs(layout)[0]
        func copies(_ name: String) throws -> Int {
            program.buffers[try #require(program.buffer(named: name)).index].copies
        }
        #expect(try copies("tokens") == 4)
        #expect(try copies("stage input 2") == 2)
    }

    @Test("GPipe holds the activations of every micro-batch, 1F1B of as many as stages follow")
    func schedules() throws {
        func activations(_ schedule: Layout.Schedule) throws -> [Int] {
            let layout = Layout(pipeline: 4, microBatch: 1, schedule: schedule)
            return try Nano.programs(layout).map { MemoryPlan($0).bytes(of: .activations) }
        }
        let (gpipe, oneForwardOneBackward) = (try activations(.gpipe), try activations(.oneForwardOneBackward))
        for stage in 0..<4 { #expect(gpipe[stage] * (4 - stage) == oneForwardOneBackward[stage] * 16) }
    }
}

extension MemoryPlanTests {
    struct Place {
        var buffer: Int
        var name: String
        var life: ClosedRange<Int>
        var bytes: Range<Int>
    }

    /// The arena buffers of a pass with the instructions between which each is in use.
    static func places(_ pass: Pass, _ program: Program, _ plan: MemoryPlan) -> [Place] {
        program.buffers.indices.compactMap { index in
            guard case .arena(let offset) = plan.placements[index] else { return nil }
            let uses = pass.instructions.indices.filter { i in
                (pass.instructions[i].reads + pass.instructions[i].writes).contains { $0.buffer.index == index }
            }
            guard let first = uses.first, let last = uses.last else { return nil }
            let buffer = program.buffers[index]
            let bytes = buffer.count * buffer.elementType.bytes
            return Place(buffer: index, name: buffer.name, life: first...last, bytes: offset..<(offset + bytes))
        }
    }
}
