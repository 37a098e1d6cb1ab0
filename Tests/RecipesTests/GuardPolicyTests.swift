import Diagnostics
import Testing

@testable import Recipes

@Suite("The guard's section") struct GuardPolicyTests {
    private func recipe(_ lines: String) throws(Diagnostic) -> Recipe {
        try Recipe.parse(minimalRecipe + "\n" + lines, file: "r.yaml")
    }

    @Test("a recipe without it resolves to the text it always had")
    func standard() throws {
        let plain = try recipe("")
        #expect(plain.guardPolicy.isStandard && plain.checkpoint.asynchronous)
        #expect(!plain.yaml.contains("guard") && !plain.yaml.contains("asynchronous"))
        #expect(try recipe("guard:\n  non_finite: stop\n  spike: off").yaml == plain.yaml)
        #expect(try recipe("checkpoint: {asynchronous: true}").yaml == plain.yaml)
    }

    @Test("is read, key by key")
    func values() throws {
        let policy = try recipe(
            """
            guard:
              non_finite: skip
              spike: roll_back
              spike_window: 7
              spike_factor: 1.5
              skip_most: 3
              roll_back_most: 2
            checkpoint:
              every_steps: 5
              asynchronous: false
            """)
        #expect(
            policy.guardPolicy
                == .init(
                    nonFinite: .skip, spike: .rollBack, spikeWindow: 7, spikeFactor: 1.5, skipMost: 3, rollBackMost: 2))
        #expect(policy.guardPolicy.rollsBack && !policy.checkpoint.asynchronous)
        #expect(policy.yaml.contains("  asynchronous: false\n"))
    }

    @Test(
        "what it cannot mean is refused by name",
        arguments: [
            ("guard: {spike: jump}", "recipe.unknown-value", "guard.spike"),
            ("guard: {non_finite: off}", "recipe.unknown-value", "guard.non_finite"),
            ("guard: {spike_factor: 0}", "recipe.out-of-range", "guard.spike_factor"),
            ("guard: {spike_window: 0}", "recipe.out-of-range", "guard.spike_window"),
            ("guard: {spikes: skip}", "recipe.unknown-key", "guard.spikes"),
            ("guard: {spike: roll_back}", "recipe.guard", "checkpoint.every_steps"),
            ("checkpoint: {asynchronous: yes}", "recipe.wrong-type", "checkpoint.asynchronous"),
            ("checkpoint: {asynchronous: \"true\"}", "recipe.wrong-type", "checkpoint.asynchronous"),
        ])
    func refused(lines: String, code: String, key: String) throws {
        let found = try #require(#expect(throws: Diagnostic.self) { try recipe(lines) })
        #expect(found.code == code)
        #expect(found.location?.key == key)
    }
}
