import Diagnostics
import Foundation
import Ledger
import Numerics
import Randomness
import Recipes
import Scenarios

/// Lives through seeds one after the other, with kernels, corpus and a repository of its own.
public final class SoakWorker {
    private let soak: Soak
    private let rehearsal: Rehearsal
    private let folder: String
    private var ledger: Ledger?
    private var runsInLedger = 0

    /// What came of one seed.
    struct Outcome {
        var problems: [String]
        var isRefused = false
        var faults: [String] = []
    }

    /// `folder` is for the records; nothing else may be in it.
    public init(_ soak: Soak, folder: String) throws(Diagnostic) {
        self.soak = soak
        self.folder = folder
        rehearsal = try Rehearsal(
            soak.recipe, corpus: soak.openCorpus(), profile: soak.profile,
            kernels: KernelContext(instructionSet: nil, workers: 1))
    }

    /// Records of earlier seeds are dropped now and then, so that the repository stays small.
    private func repository() throws(Diagnostic) -> Ledger {
        if let ledger, runsInLedger < 50 {
            runsInLedger += 1
            return ledger
        }
        try? FileManager.default.removeItem(atPath: folder)
        let made = try Ledger.create(at: folder)
        ledger = made
        runsInLedger = 1
        return made
    }

    /// What befalls a run, and how the run is.
    public struct Night: Equatable {
        public var scenario: Scenario
        /// The layouts that its jobs take in turn.
        public var layouts: [Layout]
        /// Whether its checkpoints are written while training goes on.
        public var savesInBackground: Bool
    }

    /// What a seed stands for.
    public func draw(_ seed: UInt64) throws(Diagnostic) -> Night {
        var draws = RandomDraws(seed: seed, purpose: 0x4C41_594F, stream: 0)
        let layouts = (0..<1 + draws.below(2)).map { _ in soak.layouts[draws.below(soak.layouts.count)] }
        var rehearsal = rehearsal
        rehearsal.layouts = layouts
        return Night(
            scenario: Scenario.drawn(seed: seed, for: try rehearsal.shape()), layouts: layouts,
            savesInBackground: draws.uniform() < 0.5)
    }

    /// Lives through what is drawn from a seed, or a part of that.
    public func report(_ night: Night, seed: UInt64) throws(Diagnostic) -> RehearsalReport {
        let scenario = night.scenario
        var rehearsal = rehearsal
        rehearsal.layouts = night.layouts
        rehearsal.savesInBackground = night.savesInBackground
        // Only a run that looks for silent corruption can be expected to find any; it looks at the steps that may have some.
        let every = Self.intervalOfSilentFaults(scenario)
        if every > 0 { rehearsal.audit = Recipe.AuditPolicy(replicasEvery: every, repeatEvery: every) }
        return try rehearsal.run(scenario, seed: seed, in: repository())
    }

    /// The longest interval that meets the step of every fault that says nothing; 0 where there is none.
    static func intervalOfSilentFaults(_ scenario: Scenario) -> Int {
        scenario.events.filter { [.bufferFlip, .nonFinite].contains($0.kind) }.reduce(0) { interval, event in
            guard case .step(var step) = event.moment else { return 1 }
            var interval = interval
            while step > 0 { (interval, step) = (step, interval % step) }
            return interval
        }
    }

    func outcome(of seed: UInt64) -> Outcome {
        do throws(Diagnostic) {
            let report = try report(draw(seed), seed: seed)
            var outcome = Outcome(problems: report.problems)
            if case .refused = report.ending { outcome.isRefused = true }
            outcome.faults = report.incidents.compactMap { text in
                text.split(separator: ":").first.map(String.init).flatMap { FaultKind(rawValue: $0)?.rawValue }
            }
            return outcome
        } catch {
            return Outcome(problems: ["the rehearsal itself failed: \(error)"])
        }
    }

    /// Less that breaks a promise as well: without events that do not matter, on fewer layouts, saved while training waits,
    /// repeated and lasting as little as possible.
    public func shrunk(_ night: Night, seed: UInt64) -> Night {
        var smallest = night
        func takes(_ change: (inout Night) -> Void) -> Bool {
            var candidate = smallest
            change(&candidate)
            guard candidate != smallest, let report = try? report(candidate, seed: seed), !report.problems.isEmpty
            else {
                return false
            }
            smallest = candidate
            return true
        }
        var hasShrunk = true
        while hasShrunk {
            hasShrunk = false
            for index in smallest.scenario.events.indices.reversed() where smallest.scenario.events.count > 1 {
                hasShrunk = takes { $0.scenario.events.remove(at: index) } || hasShrunk
            }
            for index in smallest.scenario.events.indices {
                hasShrunk =
                    takes {
                        $0.scenario.events[index].times = $0.scenario.events[index].times.map { _ in 1 }
                        $0.scenario.events[index].steps = $0.scenario.events[index].steps.map { _ in 1 }
                    } || hasShrunk
            }
            hasShrunk = takes { $0.savesInBackground = false } || hasShrunk
            hasShrunk =
                takes { $0.layouts = Array($0.layouts.prefix(1)) } || takes { $0.layouts = [Layout()] } || hasShrunk
        }
        return smallest
    }
}
