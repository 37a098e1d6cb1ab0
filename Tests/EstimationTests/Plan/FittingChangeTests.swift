import ClusterProfiles
import Recipes
import Testing

@testable import Estimation

@Suite("Changes that make a layout fit") struct FittingChangeTests {
    static func changes(_ overrides: [String], profile: [String] = []) throws -> (Recipe, [FittingChange]) {
        let recipe = try Recipe.load("bloom-176b", overrides: overrides)
        let profile = try ClusterProfile.load("jean-zay-a100", overrides: profile)
        #expect(try !Estimate(recipe, on: profile).fits)
        let changes = try FittingChange.changes(of: recipe, on: profile)
        for change in changes {
            var changed = recipe
            changed.layout = change.layout
            #expect(try Estimate(changed, on: profile).fits, "\(change.options)")
            #expect(change.accelerators == change.layout.ranks)
        }
        return (recipe, changes)
    }

    @Test("One option is enough: recomputation, parts of the sequence")
    func one() throws {
        let (_, changes) = try Self.changes(["layout.recompute=none", "layout.pipeline=6"])
        let options = changes.map(\.options)
        #expect(!options.isEmpty && options.allSatisfy { $0.split(separator: " ").count <= 4 })
        #expect(options.contains("--sequence-parallel on"))
    }

    @Test("Options that were given keep their values where nothing is said")
    func options() throws {
        var layout = Layout(tensor: 4, pipeline: 12, data: 8, microBatch: 2)
        let given = layout
        layout.recompute = .full
        #expect(layout.options(differingFrom: given) == "--recompute full")
        layout.sequenceParallel = true
        #expect(layout.options(differingFrom: given) == "--recompute full --sequence-parallel on")
        #expect(
            given.options
                == "--tensor 4 --pipeline 12 --schedule 1f1b --interleave 1 --data 8 --micro-batch 2 --zero 1 "
                + "--recompute none --sequence-parallel off")
    }

    @Test("Where one is not enough, two are named; where nothing is, nothing")
    func several() throws {
        let (recipe, changes) = try Self.changes(
            ["layout.tensor=1", "layout.recompute=none"], profile: ["accelerator.memory_gib=80"])
        #expect(changes.allSatisfy { $0.layout.namesOfOptions(differingFrom: recipe.layout).count >= 2 })
        let (_, none) = try Self.changes([], profile: ["accelerator.memory_gib=4"])
        #expect(none.isEmpty)
        #expect(FittingChange.lines(none, ranks: 384) == ["no change of one or two options would make it fit"])
    }
}
