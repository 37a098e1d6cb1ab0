import Foundation
import Testing

@testable import Ledger

@Suite struct RunIDTests {
    @Test func saysStartRecipeAndSuffix() {
        let run = RunID(recipe: "nano", startedAt: start, suffix: 0x0f9a)
        #expect(run.text == "20261123-214501-nano-0f9a")
        #expect(run.recipe == "nano")
        #expect(run.started == start)
        #expect(run.startedMinute == "2026-11-23 21:45")
        #expect(RunID(run.text) == run)
    }

    @Test(arguments: [
        ("bloom-1.1b", "bloom-1.1b"), ("Café / été..x", "caf-t-x"), ("a.lock", "a.lock"), ("~^:?*[\\", "run"),
        ("", "run"), ("--x--", "x"), ("recipes/demo.yaml", "recipes-demo.yaml"), ("a_b", "a_b"), ("..", "run"),
    ])
    func makesAnyNameAReferenceName(name: String, expected: String) throws {
        let run = RunID(recipe: name, startedAt: start, suffix: 1)
        #expect(run.recipe == expected)
        #expect(RunID(run.text) == run)
        let fixture = try GitFixture()
        try fixture.git("check-ref-format", "refs/serre/runs/\(run)", at: "")
    }

    @Test func cutsLongNames() {
        let run = RunID(recipe: String(repeating: "long-", count: 40), startedAt: start, suffix: 1)
        #expect(run.recipe.count <= RunID.recipeCharactersMax + 1)
        #expect(RunID(run.text) == run)
    }

    @Test func countsTheSuffixUp() {
        #expect(RunID(recipe: "a-b", startedAt: start, suffix: 0x00ff).next.text == "20261123-214501-a-b-0100")
        #expect(RunID(recipe: "a-b", startedAt: start, suffix: 0xffff).next.text == "20261123-214501-a-b-0000")
    }

    @Test func sortsByStart() {
        let early = RunID(recipe: "z", startedAt: start, suffix: 9)
        let late = RunID(recipe: "a", startedAt: start.addingTimeInterval(1), suffix: 0)
        #expect(early < late)
    }

    @Test func runsOfOneSecondSortByStartToo() {
        let ids = [("z", 0.0), ("b", 0.25), ("a", 0.26), ("a", 0.999_99)].map {
            RunID(recipe: $0.0, startedAt: start.addingTimeInterval($0.1))
        }
        #expect(ids[1].text == "20261123-214501-b-4000")
        #expect(ids.reversed().sorted() == ids)
    }

    @Test(arguments: [
        "", "nano", "20261123-214501-3f9a", "20261123-214501-nano-3f9", "20261123-214501-nano-3F9A",
        "2026112-214501-nano-3f9a", "20261123-214501--nano-3f9a", "20261123-214501-na/no-3f9a",
        "20261123-214501-nano-3f9a1234", "20261123-214501-NANO-3f9a",
    ])
    func refusesWhatIsNotAnID(text: String) {
        #expect(RunID(text) == nil)
    }
}
