import Diagnostics
import Testing

@testable import Recipes

@Suite("Recipe overrides") struct RecipeOverrideTests {
    @Test("--set changes any key before defaults are filled in")
    func set() throws {
        let recipe = try Recipe.load(
            "nano",
            overrides: [
                "model.hidden=128", "optimizer.clip=0.5", "lanes=null", "batch.global=12", "layout.micro_batch=2",
            ])
        #expect(recipe.model.hidden == 128)
        #expect(recipe.model.ffn == 512)
        #expect(recipe.optimizer.clip == 0.5)
        #expect(recipe.lanes == 4)
    }

    @Test(
        "Errors of --set name it as their place",
        arguments: [
            ("model.hiden=128", "recipe.unknown-key", "did you mean hidden?"),
            ("model.hidden=wide", "recipe.wrong-type", nil),
            ("layout.tensor=3", "layout.tensor", nil), ("model.hidden.x=1", "recipe.override", nil),
        ])
    func setErrors(override: String, code: String, remedy: String?) {
        let error = #expect(throws: Diagnostic.self) { try Recipe.load("nano", overrides: [override]) }
        #expect(error?.code == code)
        #expect(error?.location?.file == "--set \(override.prefix { $0 != "=" })")
        #expect(error?.remedy == remedy)
    }

    private var all: RecipeOverrides {
        var options = RecipeOverrides()
        options.tensor = 2
        options.pipeline = 4
        options.data = 2
        options.microBatch = 1
        options.globalBatch = 32
        options.zero = 0
        options.schedule = .gpipe
        options.seed = 7
        options.numerics = .blas
        options.precision = .bfloat16
        return options
    }

    @Test("The command line's own options change their keys and nothing else, by either way")
    func options() throws {
        var expected = try Recipe.load("nano")
        expected.layout = Layout(tensor: 2, pipeline: 4, data: 2, microBatch: 1, schedule: .gpipe, zero: 0)
        expected.batch.global = 32
        expected.seed = 7
        expected.numerics = .blas
        expected.precision = .bfloat16
        #expect(try Recipe.load("nano", options: all) == expected)
        #expect(try Recipe.load("nano").applying(all) == expected)
        #expect(try Recipe.load("nano").applying(RecipeOverrides()) == Recipe.load("nano"))
    }

    @Test("Options win over --set")
    func precedence() throws {
        var options = RecipeOverrides()
        options.seed = 5
        #expect(try Recipe.load("nano", overrides: ["seed=4"], options: options).seed == 5)
    }

    @Test("Extreme numbers are refused, not computed with", arguments: [Int.min, -1, 0, Int.max])
    func extremes(number: Int) throws {
        let paths: [WritableKeyPath<RecipeOverrides, Int?> & Sendable] = [
            \.tensor, \.pipeline, \.data, \.microBatch, \.globalBatch,
        ]
        for path in paths {
            var options = RecipeOverrides()
            options[keyPath: path] = number
            #expect(throws: Diagnostic.self) { try Recipe.load("nano").applying(options) }
            #expect(throws: Diagnostic.self) { try Recipe.load("nano", options: options) }
        }
    }

    @Test("A refused option is named, with the legal values", arguments: [true, false])
    func optionErrors(resolved: Bool) throws {
        var options = RecipeOverrides()
        options.tensor = 3
        let error = #expect(throws: Diagnostic.self) {
            if resolved {
                _ = try Recipe.load("nano").applying(options)
            } else {
                _ = try Recipe.load("nano", options: options)
            }
        }
        #expect(error?.code == "layout.tensor")
        #expect(error?.location?.file == "--tensor")
        #expect(error?.expected == "one of 1, 2, 4")
        #expect(error?.found == "3")
    }
}
