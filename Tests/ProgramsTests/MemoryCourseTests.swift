import Recipes
import Testing

@testable import Programs

@Suite("Memory in use over a step") struct MemoryCourseTests {
    @Test("At its height it is what the plan holds, and a step leaves no activations behind") func height() throws {
        for recipe in [Nano.recipe()] {
            for layout in LayoutSpace.layouts(of: recipe) where layout.pipeline * layout.tensor * layout.data <= 16 {
                var recipe = recipe
                recipe.layout = layout
                for pipeline in 0..<layout.pipeline {
                    let program = try Lowering.program(recipe, at: Coordinate(tensor: 0, data: 0, pipeline: pipeline))
                    let plan = MemoryPlan(program)
                    let course = MemoryCourse(program)
                    for kind in BufferDeclaration.Kind.allCases {
                        let most = program.actions.indices.map { course.bytes(of: kind, during: $0) }.max() ?? 0
                        let held = plan.bytes(of: kind)
                        // Chunks may have most of their activations at different times.
                        let fills = kind != .activations || layout.interleave == 1
                        #expect(fills ? most == held : most <= held, "\(layout), stage \(pipeline), \(kind)")
                    }
                    let last = program.actions.count - 1
                    #expect(course.bytes(of: .activations, after: last) == 0)
                }
            }
        }
    }

    @Test("1F1B's first stage fills up to as many micro-batches as there are stages, GPipe's to all of them")
    func inFlight() throws {
        for (schedule, most) in [(Layout.Schedule.oneForwardOneBackward, 2), (.gpipe, 4)] {
            var recipe = Nano.recipe()
            recipe.layout = Layout(pipeline: 2, microBatch: recipe.batch.global / 4, schedule: schedule)
            let program = try Lowering.program(recipe, at: Coordinate(tensor: 0, data: 0, pipeline: 0))
            let course = MemoryCourse(program)
            let one = program.buffers.filter { $0.lifetime == .microbatch }
                .reduce(0) { $0 + MemoryPlan.paddedBytes($1) }
            let heights = program.actions.indices.map { course.bytes(of: .activations, during: $0) / one }
            #expect(heights.max() == most)
            #expect(heights.first == 1)
        }
    }
}
