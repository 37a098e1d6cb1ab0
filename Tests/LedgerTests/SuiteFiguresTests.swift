import Foundation
import Testing

@testable import Ledger

@Suite struct SuiteFiguresTests {
    @Test func figuresAreReadWithoutTheItems() throws {
        let found = SuiteFigures.all(in: RunSketch.suite(step: 4, accuracy: 0.25).content)
        let suite = try #require(found.first)
        #expect(found.count == 1 && suite.suite == "plants" && suite.suiteDigest == "sha256:99")
        #expect(suite.step == 4 && suite.stateDigest == "sha256:44")
        #expect(suite.tasks.map(\.name) == ["words"] && suite.tasks[0].items == 4)
        #expect(suite.tasks[0].figures.map(\.value) == [0.5, 0.25, 0.5])
        #expect(suite.tasks[0].figures[1].language == "de" && suite.tasks[0].figures[2].source == "web")
        // Neither a language's nor a source's figure stands for the task.
        let overall = suite.tasks[0].overall
        #expect(overall.count == 1 && overall[0].low == 0.1 && overall[0].high == 0.9 && overall[0].items == 4)
    }

    @Test(arguments: ["", "{}", "[1]", #"{"format":"other","model":{"step":1,"state_digest":""},"suites":[]}"#])
    func anotherFileHasNone(text: String) {
        #expect(SuiteFigures.all(in: Array(text.utf8)).isEmpty)
    }

    @Test func theNewestStepOfASuiteComesFirst() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        var sketch = RunSketch()
        sketch.examined = [(2, 0.5), (6, 1), (4, 0.25)]
        let ledger = try fixture.ledger()
        let run = try sketch.record(in: ledger, suffix: 1)
        #expect(try ledger.suites(run).map(\.step) == [6, 4, 2])
    }
}
