import Corpora
import Diagnostics
import Foundation
import Integrity
import Recipes
import Scenarios
import Testing

@testable import Rehearsal

@Suite struct SoakTests {
    private func soak() throws -> Soak {
        let corpus = try NanoRehearsal.corpus.get()
        return try Soak(
            NanoRehearsal.recipe([
                "audit.repeat_every=0", "optimizer.train_samples=40", "layout.tensor=1", "layout.data=1",
            ]),
            on: NanoRehearsal.profile()
        ) { () throws(Diagnostic) in try openTokenSource(corpus) }
    }

    private func folder() -> String {
        FileManager.default.temporaryDirectory.appendingPathComponent("serre-soak-\(UUID().uuidString)").path
    }

    @Test("Seeds end well, and each is the same whichever thread has it")
    func seeds() throws {
        let place = folder()
        defer { try? FileManager.default.removeItem(atPath: place) }
        let results = try [1, 2].map { threads in
            try soak().run(seeds: 40..<52, threads: threads, folder: place) { _ in }
        }
        for result in results {
            #expect(result.seeds == 12 && result.failures.isEmpty, "\(result.failures)")
            #expect(result.recovered + result.refused == 12)
        }
        #expect(results[0].faults == results[1].faults && !results[0].faults.isEmpty)
    }

    @Test(
        "Steps that may hold a silent fault are looked at, and as few others as that allows",
        arguments: [([], 0), ([3], 3), ([4, 2], 2), ([3, 5], 1), ([4, 4], 4)])
    func intervals(steps: [Int], every: Int) {
        let silent = steps.enumerated().map { FaultEvent($0 % 2 == 0 ? .bufferFlip : .nonFinite, at: .step($1)) }
        let scenario = Scenario(name: "silent", events: silent + [FaultEvent(.hang, at: .step(1))])
        #expect(SoakWorker.intervalOfSilentFaults(scenario) == every)
    }

    @Test("What fails is made smaller")
    func shrinking() throws {
        let place = folder()
        defer { try? FileManager.default.removeItem(atPath: place) }
        let worker = try SoakWorker(soak(), folder: place)
        // A scenario that cannot hold: it expects no restart although a rank dies.
        var crash = FaultEvent(.rankCrash, at: .step(3))
        (crash.rank, crash.instruction) = (0, 10)
        var scenario = Scenario(
            name: "test",
            events: [FaultEvent(.slowStorage, at: .step(1)), crash, FaultEvent(.clockSkew, at: .step(2))])
        scenario.expectation.restarts = 0
        let layouts = [Layout(tensor: 2, pipeline: 1, data: 2, microBatch: 1), Layout(microBatch: 1)]
        let night = SoakWorker.Night(scenario: scenario, layouts: layouts, savesInBackground: true)
        #expect(try !worker.report(night, seed: 0).problems.isEmpty)
        let small = worker.shrunk(night, seed: 0)
        #expect(small.scenario.events == [crash] && small.layouts.count == 1 && !small.savesInBackground)
    }
}
