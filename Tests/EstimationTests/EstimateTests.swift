import ClusterProfiles
import Diagnostics
import Foundation
import Recipes
import Simulation
import Testing

@testable import Estimation

/// A JSON object's keys with those of the objects inside it, sorted: `memory_gib.total`.
func keys(_ value: any Encodable) throws -> [String] {
    func paths(_ object: [String: Any]) -> [String] {
        object.flatMap { key, value in
            (value as? [String: Any]).map { paths($0).map { "\(key).\($0)" } } ?? [key]
        }
    }
    let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(value)) as? [String: Any]
    return paths(try #require(object)).sorted()
}

let memoryKeys = ["activations", "gradients", "optimizer", "parameters", "total", "workspace"].map {
    "memory_gib.\($0)"
}

@Suite("Estimates") struct EstimateTests {
    static let bloom = Result { () throws in
        try Estimate(Recipe.load("bloom-176b"), on: ClusterProfile.load("jean-zay-a100"))
    }

    @Test("estimate --json has exactly the documented keys")
    func documentedKeys() throws {
        let estimate = try Estimate(Recipe.load("nano"), on: ClusterProfile.load("laptop"))
        let step = [
            "accelerators", "attribution", "bubble_fraction", "bubble_overhead", "extrapolation", "fits", "hfu",
            "interval_seconds_per_step", "mfu",
            "model_tflops_per_accelerator", "seconds_per_step", "tflops_per_accelerator", "tokens_per_second",
            "recipe", "cluster", "layout", "style", "precision", "memory_stage",
        ]
        let campaign = [
            "accelerator_hours", "assumes_rated_power", "carbon_tonnes.dynamic", "carbon_tonnes.embodied",
            "carbon_tonnes.idle", "carbon_tonnes.total", "checkpoint_bytes", "checkpoint_every_steps",
            "checkpoint_interval_optimal_seconds", "checkpoint_interval_seconds", "checkpoint_seconds", "cost",
            "currency", "days", "down_seconds", "energy_mwh", "evaluation_seconds", "expected_failures", "factors",
            "goodput", "interval", "jobs", "lost_seconds", "nodes", "queue_days", "slow_node_cost",
            "spare_accelerator_hours", "start_seconds", "steps", "steps_seconds",
        ].map { "campaign.\($0)" }
        #expect(try keys(estimate) == (step + campaign + memoryKeys).sorted())
    }

    @Test("What no profile says is null, not zero")
    func nulls() throws {
        let campaign = try Estimate(Recipe.load("nano"), on: ClusterProfile.load("laptop")).campaign
        let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(campaign)) as? [String: Any]
        let unknown = [
            "cost", "currency", "expected_failures", "goodput", "interval", "checkpoint_interval_optimal_seconds",
        ]
        for key in unknown { #expect(object?[key] is NSNull, "\(key)") }
    }

    @Test("The parts of the memory add up to the total")
    func memoryAddsUp() throws {
        let estimate = try Estimate(Recipe.load("nano"), on: ClusterProfile.load("laptop"))
        let data = try JSONEncoder().encode(estimate.memory)
        let parts = try JSONDecoder().decode([String: Double].self, from: data)
        let total = try #require(parts["total"])
        #expect(abs(parts.filter { $0.key != "total" }.map(\.value).reduce(0, +) - total) < 1e-9)
    }

    @Test("BLOOM 176B on 48 nodes of A100: 384 accelerators, a believable speed, the whole campaign")
    func bloom176B() throws {
        let estimate = try Self.bloom.get()
        #expect(estimate.recipe.layout.ranks == 384)
        #expect(estimate.campaign.nodes == 48)
        // Measured: 105 s with full recomputation, which these programs do not do.
        #expect((60...105).contains(estimate.secondsPerStep))
        #expect((0.3...0.6).contains(estimate.modelUtilisation))
        #expect(estimate.step.bubbleOverhead > 11.0 / 128)
        #expect(estimate.step.stages.count == 12)
        #expect(abs(estimate.tokensPerSecond * estimate.secondsPerStep - 4_194_304) < 1e-3)
        // The ramp's small batches make the run longer than its samples at the full batch's pace.
        let full = 220_000_000.0 / 2048 * estimate.secondsPerStep
        #expect(estimate.campaign.time.steps > full)
        #expect(estimate.campaign.time.steps < 1.05 * full)
        #expect(estimate.campaign.cost?.currency == "USD")
        #expect(estimate.memory.coordinate.pipeline == 0)
    }

    @Test("The same estimate every time, to the last byte")
    func deterministic() throws {
        let encoder = JSONEncoder()
        encoder.outputFormatting = .sortedKeys
        let recipe = try Recipe.load("nano", overrides: ["layout.pipeline=2", "layout.data=2"])
        let profile = try ClusterProfile.load("jean-zay-h100")
        let first = try encoder.encode(Estimate(recipe, on: profile))
        #expect(try encoder.encode(Estimate(recipe, on: profile)) == first)
    }

    @Test("A layout that exceeds the profile is refused")
    func exceeds() throws {
        let recipe = try Recipe.load("nano", overrides: ["layout.pipeline=2", "layout.data=2"])
        let error = #expect(throws: Diagnostic.self) { try Estimate(recipe, on: ClusterProfile.load("laptop")) }
        #expect(error?.code == "layout.exceeds-profile")
        #expect(error?.message.contains("1 node of 2") == true)
    }

    @Test("--nodes changes the data degree, as BLOOM's move to 24 nodes did")
    func nodes() throws {
        let recipe = try Recipe.load("bloom-176b")
        let profile = try ClusterProfile.load("jean-zay-a100")
        #expect(try recipe.filling(nodes: 24, of: profile).layout.data == 4)
        #expect(try recipe.filling(nodes: 48, of: profile) == recipe)
        let unfilled = #expect(throws: Diagnostic.self) { try recipe.filling(nodes: 20, of: profile) }
        #expect(unfilled?.expected == "6, 12, 24, 48")
        let absent = #expect(throws: Diagnostic.self) { try recipe.filling(nodes: 53, of: profile) }
        #expect(absent?.expected == "1 to 52")
    }

    @Test(
        "A ramp's steps take as long as those of a run of that batch",
        arguments: [(1, 1), (2, 1), (3, 1), (1, 2), (2, 2)])
    func ramp(zero: Int, interleave: Int) throws {
        let layout = [
            "layout.zero=\(zero)", "layout.data=2", "layout.pipeline=2", "layout.interleave=\(interleave)",
            "layout.schedule=\(interleave > 1 ? "interleaved" : "1f1b")", "layout.micro_batch=1",
        ]
        func seconds(_ overrides: [String]) throws -> Double {
            let recipe = try Recipe.load("nano", overrides: layout + overrides)
            return try Estimate(recipe, on: ClusterProfile.load("jean-zay-a100")).campaign.time.steps
        }
        let flat = try seconds(["batch.global=32"])
        let ramped = try seconds([
            "batch.global=64", "batch.ramp_up.start=32", "batch.ramp_up.increment=32", "batch.ramp_up.samples=1000000",
        ])
        // Without sharded gradients a smaller batch is played as part of a larger one, which is right to a few billionths.
        #expect(abs(ramped / flat - 1) < (zero == 1 ? 1e-6 : 1e-12))
    }

    @Test("An estimate of more accelerators than were ever measured says so, and how far rows reach")
    func extrapolation() throws {
        // The rows' own word, apart from all that reads them.
        let rows = try MeasuredRow.shipped().filter { $0.framework == "Megatron-LM" && $0.id.hasPrefix("sc21") }
        let most = try #require(rows.compactMap(\.accelerators).max())
        #expect(most > 1000)
        func estimate(data: Int, style: String) throws -> Estimate {
            let layout = ["layout.tensor=8", "layout.pipeline=64", "layout.data=\(data)", "layout.interleave=1"]
            return try Estimate(
                Recipe.load(
                    "gpt-1t",
                    overrides: layout + [
                        "layout.schedule=1f1b", "layout.style=\(style)", "layout.micro_batch=1", "batch.global=3072",
                    ]), on: ClusterProfile.load("selene-2021"))
        }
        let within = try estimate(data: 6, style: "megatron")
        #expect(within.recipe.layout.ranks == most && within.extrapolation == nil)
        #expect(!within.lines.contains { $0.contains("extrapolates") })
        let beyond = try estimate(data: 8, style: "megatron")
        #expect(
            beyond.extrapolation.map { [$0.accelerators, $0.measuredAcceleratorsMost] } == [4096, most],
            "\(String(describing: beyond.extrapolation))")
        let words = beyond.lines.map { $0.trimmingCharacters(in: .whitespaces) }.joined(separator: " ")
        #expect(words.contains("extrapolates: measured rows of Megatron-LM on this cluster reach 3,072 accelerators"))
        #expect(beyond.lines.allSatisfy { $0.count <= 100 })
        let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(beyond)) as? [String: Any]
        #expect((object?["extrapolation"] as? [String: Any])?["measured_accelerators_max"] as? Int == most)
        // Of an engine without rows: beyond all that were measured there.
        let own = try #require(try estimate(data: 8, style: "serre").extrapolation)
        #expect(own.measuredEngine == nil && own.measuredAcceleratorsMost == most)
        // Where nothing was measured nothing is beyond it.
        #expect(try Estimate(Recipe.load("nano"), on: ClusterProfile.load("laptop")).extrapolation == nil)
    }

    @Test("The lines for people fit 100 columns and say the verdict")
    func lines() throws {
        let bloom = try Self.bloom.get().lines
        let nano = try Estimate(Recipe.load("nano"), on: ClusterProfile.load("laptop")).lines
        for line in bloom + nano { #expect(line.count <= 100, "\(line)") }
        let kept = try Estimate(
            Recipe.load("bloom-176b", overrides: ["layout.recompute=none", "layout.pipeline=6"]),
            on: ClusterProfile.load("jean-zay-a100"))
        #expect(bloom.contains { $0.hasPrefix("fits") })
        #expect(kept.lines.contains { $0.hasPrefix("does not fit") })
        #expect(nano.contains { $0.hasPrefix("fits") })
        #expect(nano.contains { $0.hasPrefix("cost") && $0.contains("unknown") })
    }
}
