import ClusterProfiles
import Diagnostics
import Foundation
import Recipes
import Testing

@testable import Estimation

@Suite("Checks") struct LayoutCheckTests {
    @Test("check --json has exactly the documented keys, and null where no profile says what fits")
    func documentedKeys() throws {
        let check = try LayoutCheck(Recipe.load("nano"))
        #expect(try keys(check) == (["fits", "legal", "parameters", "problems", "ranks"] + memoryKeys).sorted())
        let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(check)) as? [String: Any]
        #expect(object?["fits"] is NSNull)
        #expect(object?["legal"] as? Bool == true)
    }

    @Test("A sound recipe that fits")
    func sound() throws {
        let recipe = try Recipe.load("nano", overrides: ["layout.tensor=2", "layout.pipeline=2", "layout.data=2"])
        let check = try LayoutCheck(recipe, on: ClusterProfile.load("jean-zay-a100"))
        #expect(check.isLegal)
        #expect(check.fits == true)
        #expect(check.ranks == 8)
        #expect(check.parameters == recipe.parameterCount)
        #expect(check.memory.frameworkContext > 0)
    }

    @Test("Check and estimate say the same memory")
    func sameMemory() throws {
        let recipe = try Recipe.load("nano", overrides: ["layout.pipeline=4", "layout.data=2", "layout.micro_batch=1"])
        let profile = try ClusterProfile.load("jean-zay-a100")
        #expect(try LayoutCheck(recipe, on: profile).memory == Estimate(recipe, on: profile).memory)
    }

    @Test("A model too large for the accelerator does not fit, and the lines say by how much")
    func doesNotFit() throws {
        let recipe = try Recipe.load(
            "bloom-7b1",
            overrides: [
                "layout.tensor=1", "layout.pipeline=1", "layout.data=1", "batch.ramp_up=null", "batch.global=8",
            ])
        let check = try LayoutCheck(recipe, on: ClusterProfile.load("jean-zay-v100-16g"))
        #expect(check.fits == false)
        #expect(check.lines.contains { $0.hasPrefix("does not fit the 16.00 GiB") })
        for line in check.lines { #expect(line.count <= 100) }
    }

    @Test("A layout that exceeds the profile is refused")
    func exceeds() throws {
        let recipe = try Recipe.load("bloom-176b")
        let error = #expect(throws: Diagnostic.self) { try LayoutCheck(recipe, on: ClusterProfile.load("laptop")) }
        #expect(error?.code == "layout.exceeds-profile")
        #expect(error?.exitStatus == 2)
    }
}
