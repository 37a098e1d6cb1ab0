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

    @Test("An option and a setting that give one key two values are refused, both by name")
    func contradictions() throws {
        let contradictory = [
            "layout.tensor=4", "layout.pipeline=2", "layout.data=1", "layout.micro_batch=2", "batch.global=16",
            "layout.zero=1", "layout.schedule=1f1b", "seed=4", "numerics=exact-1", "precision=float32",
        ]
        for setting in contradictory {
            let error = try #require(
                #expect(throws: Diagnostic.self) { try all.requireAgreement(with: ["optimizer.clip=1", setting]) })
            #expect(error.code == "recipe.contradiction")
            #expect(error.location?.key == setting.split(separator: "=").first.map(String.init))
            #expect(error.found?.hasSuffix(" and --set \(setting)") == true && error.remedy?.contains("--") == true)
        }
        let error = #expect(throws: Diagnostic.self) { try all.requireAgreement(with: ["layout.tensor=4"]) }
        #expect(error?.found == "--tensor 2 and --set layout.tensor=4")
        // The same value twice is no contradiction, however it is written, and the last setting counts.
        try all.requireAgreement(with: ["layout.tensor=8", "layout.tensor=2", "layout.schedule=\"gpipe\"", "seed=7"])
        var split = RecipeOverrides()
        split.sequenceParallel = true
        try split.requireAgreement(with: ["layout.sequence_parallel=on"])
        let off = #expect(throws: Diagnostic.self) {
            try split.requireAgreement(with: ["layout.sequence_parallel=off"])
        }
        #expect(off?.found == "--sequence-parallel on and --set layout.sequence_parallel=off")
    }

    @Test("To split the sequence over one tensor rank is refused where it was asked for, and left alone in a recipe")
    func nothingToSplit() throws {
        var options = RecipeOverrides()
        options.tensor = 1
        let recipe = try Recipe.load("gpt3-175b", options: options)
        #expect(recipe.layout.sequenceParallel)
        try options.requireTensorRanks(of: recipe)
        options.sequenceParallel = true
        let error = #expect(throws: Diagnostic.self) { try options.requireTensorRanks(of: recipe) }
        #expect(error?.code == "layout.sequence-parallel" && error?.found == "--sequence-parallel on with tensor 1")
        #expect(error?.remedy == "pass --tensor 2 or more, or leave out --sequence-parallel on")
        let setting = #expect(throws: Diagnostic.self) {
            try RecipeOverrides().requireTensorRanks(of: recipe, settings: ["layout.sequence_parallel=on"])
        }
        #expect(setting?.found == "--set layout.sequence_parallel=on with tensor 1")
        try options.requireTensorRanks(of: Recipe.load("gpt3-175b"))
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
