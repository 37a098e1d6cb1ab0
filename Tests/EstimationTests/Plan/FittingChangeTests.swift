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

    @Test("The smallest changes are named: of one option or, where none is enough, of two", arguments: [70, 45, 40])
    func smallest(memoryGiB: Int) throws {
        let (recipe, changes) = try Self.changes(
            ["layout.recompute=none"], profile: ["accelerator.memory_gib=\(memoryGiB)"])
        let counts = changes.map { $0.layout.namesOfOptions(differingFrom: recipe.layout) }
        #expect(!changes.isEmpty)
        // A degree changes with that of the replicas, whose accelerators it takes.
        let sizes = counts.map { $0.contains("--data") && $0.count > 1 ? $0.count - 1 : $0.count }
        #expect(Set(sizes).count == 1 && sizes[0] == (memoryGiB == 40 ? 2 : 1), "\(counts)")
        #expect(Set(counts).count == counts.count)
    }

    @Test("Every single change is tried")
    func one() throws {
        let (_, changes) = try Self.changes(["layout.recompute=none"], profile: ["accelerator.memory_gib=70"])
        let recipe = try Recipe.load("bloom-176b", overrides: ["layout.recompute=none"])
        let profile = try ClusterProfile.load("jean-zay-a100", overrides: ["accelerator.memory_gib=70"])
        let all = try FittingChange.changes(of: recipe, on: profile, most: 100).map(\.options)
        #expect(Array(all.prefix(changes.count)) == changes.map(\.options))
        for options in ["--recompute full", "--sequence-parallel on", "--micro-batch 1"] {
            #expect(all.contains(options), "\(all)")
        }
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

    @Test("Where nothing fits, nothing is named")
    func nothing() throws {
        let (_, none) = try Self.changes([], profile: ["accelerator.memory_gib=4"])
        #expect(none.isEmpty)
        #expect(FittingChange.lines(none, ranks: 384) == ["no change of one or two options would make it fit"])
    }
}
