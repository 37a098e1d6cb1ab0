import Testing
import TypedYAML

@testable import Recipes

@Suite struct RecipeCommentTests {
    @Test("Every key of every shipped recipe is explained, on lines that fit a screen, and the recipe stays what it is")
    func everyKey() throws {
        for name in SharedFiles().names(in: .recipes) {
            let recipe = try Recipe.load(name)
            let text = recipe.commentedYAML
            #expect(try Recipe.parse(text) == recipe, "\(name)")
            var section = ""
            for line in text.split(separator: "\n") where !line.hasPrefix("#") && !line.hasPrefix("  #") {
                if !line.hasPrefix(" ") { section = line.hasSuffix(":") ? String(line.dropLast()) : "" }
                // Languages' own weights, the ramp and the guard's measures have a section's word.
                if ["weights", "ramp_up", "guard"].contains(where: { line.hasPrefix("  \($0)") || section == $0 }) {
                    continue
                }
                if line.hasPrefix("    ") || line.hasSuffix(":") { continue }
                #expect(line.contains("# "), "\(name), \(section): \(line)")
                #expect(line.count <= 120, "\(line)")
            }
        }
    }
}
