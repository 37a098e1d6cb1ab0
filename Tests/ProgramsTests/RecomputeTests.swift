import Recipes
import Testing

@testable import Programs

@Suite("Recomputation")
struct RecomputeTests {
    static let layouts: [Layout] = [1, 2, 4].flatMap { tensor in
        [1, 2, 4].flatMap { pipeline in
            [Layout.Schedule.gpipe, .oneForwardOneBackward].map {
                Layout(
                    tensor: tensor, pipeline: pipeline, data: 2, microBatch: 2, schedule: $0, recompute: .full)
            }
        }
    }

    @Test("Programs that recompute have no problems", arguments: layouts)
    func sound(layout: Layout) throws {
        #expect(Checker.problems(in: try Nano.programs(layout), layout: layout).isEmpty)
    }

    @Test("The backward begins each layer with the forward's own operations, but for the layer's output")
    func sameOperations() throws {
        let program = try #require(
            try Nano.programs(Layout(pipeline: 4, microBatch: 4, recompute: .full)).dropFirst().first)
        let forward = try Self.operations(program, "forward")
        let backward = try Self.operations(program, "backward")
        // One layer: all of its forward but the down-projection and the residual after it.
        #expect(Array(backward.prefix(forward.count - 2)) == Array(forward.dropLast(2)))
    }

    @Test("Tensor ranks exchange once more per layer: the attention's output", arguments: [2, 4])
    func exchanges(tensor: Int) throws {
        for recompute in Layout.Recompute.allCases {
            let layout = Layout(tensor: tensor, pipeline: 4, microBatch: 4, recompute: recompute)
            let program = try Nano.programs(layout)[tensor]
            let exchanges = try LoweringTests.collectives(program, "backward", .tensor)
            #expect(exchanges.count == (recompute == .full ? 3 : 2))
        }
    }

    @Test("Only layer inputs and outputs are kept; selective keeps what none keeps, since scores are never kept")
    func memory() throws {
        func kept(_ recompute: Layout.Recompute) throws -> Int {
            let layout = Layout(pipeline: 4, microBatch: 4, recompute: recompute)
            return MemoryPlan(try Nano.programs(layout)[1]).bytes(of: .activations)
        }
        // Stage 1 of 4 has three micro-batches in flight, and one layer: its input and its output.
        #expect(try kept(.full) == 3 * 2 * 4 * 32 * 64 * 4)
        #expect(try kept(.none) > 6 * kept(.full) / 2)
        #expect(try kept(.selective) == kept(.none))
    }

    @Test("One step does the forward's products of each layer twice, but for the down-projection")
    func work() throws {
        func operations(_ recompute: Layout.Recompute) throws -> Double {
            let program = try Nano.programs(Layout(microBatch: 4, recompute: recompute))[0]
            return program.actions.reduce(0) { sum, action in
                sum + program.passes[action.pass].instructions.reduce(0) { $0 + $1.work().matrixOperations }
            }
        }
        let (h, tokens, layers) = (64.0, 16.0 * 32, 4.0)
        let again = 2 * tokens * layers * (3 * h * h + h * h + 4 * h * h) + 4 * tokens * layers * 32 * h
        #expect(try operations(.full) - operations(.none) == again)
    }

    private static func operations(_ program: Program, _ pass: String) throws -> [Operation] {
        try #require(program.passes.first { $0.name == pass }).instructions.map(\.operation)
    }
}
