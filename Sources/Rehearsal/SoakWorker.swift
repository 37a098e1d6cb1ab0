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

    /// The scenario and the layouts of a seed.
    public func draw(_ seed: UInt64) throws(Diagnostic) -> (scenario: Scenario, layouts: [Layout]) {
        var draws = RandomDraws(seed: seed, purpose: 0x4C41_594F, stream: 0)
        let layouts = (0..<1 + draws.below(2)).map { _ in soak.layouts[draws.below(soak.layouts.count)] }
        var rehearsal = rehearsal
        rehearsal.layouts = layouts
        return (Scenario.drawn(seed: seed, for: try rehearsal.shape()), layouts)
    }

    /// Lives through a scenario on some layouts.
    public func report(_ scenario: Scenario, _ layouts: [Layout], seed: UInt64) throws(Diagnostic) -> RehearsalReport {
        var rehearsal = rehearsal
        rehearsal.layouts = layouts
        // Only a run that looks for silent corruption can be expected to find any.
        if scenario.events.contains(where: { [.bufferFlip, .nonFinite].contains($0.kind) }) {
            rehearsal.audit = Recipe.AuditPolicy(replicasEvery: 1, repeatEvery: 1)
        }
        return try rehearsal.run(scenario, seed: seed, in: repository())
    }

    func outcome(of seed: UInt64) -> Outcome {
        do throws(Diagnostic) {
            let (scenario, layouts) = try draw(seed)
            let report = try report(scenario, layouts, seed: seed)
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

    /// A smaller scenario that breaks a promise as well: without events that do not matter, on fewer layouts, repeated
    /// and lasting as little as possible.
    public func shrunk(_ scenario: Scenario, _ layouts: [Layout], seed: UInt64) -> (Scenario, [Layout]) {
        var (smallest, on) = (scenario, layouts)
        func fails(_ scenario: Scenario, _ layouts: [Layout]) -> Bool {
            let report = try? report(scenario, layouts, seed: seed)
            return report.map { !$0.problems.isEmpty } ?? false
        }
        var hasShrunk = true
        while hasShrunk {
            hasShrunk = false
            for index in smallest.events.indices.reversed() where smallest.events.count > 1 {
                var candidate = smallest
                candidate.events.remove(at: index)
                if fails(candidate, on) { (smallest, hasShrunk) = (candidate, true) }
            }
            for index in smallest.events.indices {
                var candidate = smallest
                candidate.events[index].times = candidate.events[index].times.map { _ in 1 }
                candidate.events[index].steps = candidate.events[index].steps.map { _ in 1 }
                if candidate != smallest, fails(candidate, on) { (smallest, hasShrunk) = (candidate, true) }
            }
            for layouts in [Array(on.prefix(1)), [Layout()]] where layouts != on && fails(smallest, layouts) {
                (on, hasShrunk) = (layouts, true)
                break
            }
        }
        return (smallest, on)
    }
}
