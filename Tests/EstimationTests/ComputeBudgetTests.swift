import ClusterProfiles
import Diagnostics
import Recipes
import Testing

@testable import Estimation

@Suite("Budgets of accelerator-hours")
struct ComputeBudgetTests {
    static let hundredThousand = Result {
        try ComputeBudget(.init(acceleratorHours: 100_000), on: ClusterProfile.load("jean-zay-h100"))
    }

    @Test("The answer is consistent: its own estimate spends the hours on its tokens, at the law's ratio")
    func consistent() throws {
        let budget = try Self.hundredThousand.get()
        #expect(budget.estimate.fits)
        let again = try Estimate(budget.estimate.recipe, on: budget.estimate.profile)
        #expect(again == budget.estimate)
        #expect(abs(again.campaign.acceleratorHours / 100_000 - 1) < 5e-3)
        #expect(abs(budget.tokensPerParameter / 20 - 1) < 0.25)
        let samples = Double(again.recipe.optimizer.trainSamples)
        #expect(abs(samples * 2048 / budget.tokens - 1) < 1e-6)
        #expect(again.recipe.layout.ranks == 4 * budget.nodes)
    }

    @Test("More hours make a larger model with less loss; the speed is the shape's own")
    func monotone() throws {
        let profile = try ClusterProfile.load("jean-zay-a100")
        let budgets = try [2e4, 6e4, 3e5].map { hours in
            var question = ComputeBudget.Question(acceleratorHours: hours)
            question.nodes = 16
            return try ComputeBudget(question, on: profile)
        }
        #expect(zip(budgets, budgets.dropFirst()).allSatisfy { $0.parameters < $1.parameters && $0.loss > $1.loss })
        #expect(Set(budgets.map(\.estimate.modelUtilisation)).count == 3)
    }

    @Test("More tokens per parameter make a smaller model")
    func overtrained() throws {
        var question = ComputeBudget.Question(acceleratorHours: 100_000)
        question.tokensPerParameter = 200
        let budget = try ComputeBudget(question, on: ClusterProfile.load("jean-zay-h100"))
        #expect(budget.parameters < (try Self.hundredThousand.get().parameters) / 2)
        #expect(abs(budget.tokensPerParameter / 200 - 1) < 0.25)
    }

    @Test("The recipe it writes is one that estimate reads")
    func recipe() throws {
        let recipe = try Self.hundredThousand.get().estimate.recipe
        #expect(try Recipe.parse(recipe.yaml) == recipe)
    }

    @Test("Quantities out of range are named", arguments: [0, -3, Double.nan, .infinity, 1e300])
    func badHours(hours: Double) throws {
        let error = #expect(throws: Diagnostic.self) {
            try ComputeBudget(.init(acceleratorHours: hours), on: ClusterProfile.load("jean-zay-h100"))
        }
        #expect(error?.code == "budget.range" && error?.location?.key == "--accelerator-hours")
    }

    @Test("What cannot be is refused with the reason")
    func refused() throws {
        func code(_ hours: Double, _ profile: String, _ change: (inout ComputeBudget.Question) -> Void) throws
            -> String?
        {
            var question = ComputeBudget.Question(acceleratorHours: hours)
            change(&question)
            let error = #expect(throws: Diagnostic.self) {
                try ComputeBudget(question, on: ClusterProfile.load(profile))
            }
            return error?.code
        }
        #expect(try code(1e7, "jean-zay-v100-16g") { ($0.nodes, $0.precision) = (1, .float16) } == "budget.memory")
        #expect(try code(1e3, "jean-zay-a100") { $0.nodes = 53 } == "layout.nodes")
        #expect(try code(1e3, "jean-zay-a100") { $0.sequenceLength = 0 } == "budget.range")
        #expect(try code(2, "jean-zay-a100") { ($0.nodes, $0.vocabulary) = (1, 1_000_000) } == "budget.shape")
        #expect(try code(1e-9, "jean-zay-a100") { $0.nodes = 1 } == "budget.hours")
    }

    @Test("The lines fit 100 columns and name the sources")
    func lines() throws {
        let lines = try Self.hundredThousand.get().lines
        for line in lines { #expect(line.count <= 100, "\(line)") }
        let text = lines.joined(separator: "\n")
        for source in ["Hoffmann et al. 2022", "Besiroglu et al. 2024", "Kaplan et al. 2020", "406.4"] {
            #expect(text.contains(source), "\(source)")
        }
    }
}
