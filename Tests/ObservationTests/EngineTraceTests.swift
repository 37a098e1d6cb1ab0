import ClusterProfiles
import Recipes
import Simulation
import Testing

@testable import Observation

@Suite("Traces of other engines' steps") struct EngineTraceTests {
    @Test("They are sound, and their time adds up", arguments: [EngineStyle.megatron, .deepspeed, .fsdp])
    func sound(style: EngineStyle) throws {
        var recipe = try Recipe.load("bloom-560m")
        recipe.layout =
            style == .fsdp
            ? Layout(data: 32, zero: 3) : Layout(tensor: 2, pipeline: 2, data: 8, microBatch: 2, zero: 1)
        recipe.layout.style = style
        let recording = try StepRecording(recipe, on: ClusterProfile.load("jean-zay-a100"))
        #expect(try TraceCheck(Recordings.file(Recordings.trace(recording))).problems == [])
        let attribution = Attribution(recording)
        for breakdown in [attribution.mean, attribution.criticalPath] + attribution.stages {
            #expect(abs(breakdown.total - attribution.seconds) < 1e-9 * attribution.seconds)
        }
        // What travels beside computing slows it down, which no instruction says.
        #expect((attribution.mean[.interference] > 0) == (style == .fsdp))
        #expect(attribution.mean[.matrixProducts] > 0)
    }
}
