import ClusterProfiles
import Corpora
import Diagnostics
import Dispatch
import Foundation
import Ledger
import Numerics
import Randomness
import Recipes
import Scenarios
import Synchronization

/// Many rehearsed runs, each with faults and layouts drawn from its seed, each checked.
///
/// A seed, a recipe and a version of Serre say everything: what fails here fails on any machine.
public struct Soak: Sendable {
    let recipe: Recipe
    let profile: ClusterProfile
    /// The token files or folder of the corpus.
    let openCorpus: @Sendable () throws(Diagnostic) -> any TokenSource
    /// Layouts that runs begin with and go on with.
    let layouts: [Layout]

    /// - Parameters:
    ///   - recipe: how each run is, apart from its layout.
    ///   - largest: layouts with more ranks are not drawn.
    ///   - openCorpus: called once by every thread.
    public init(
        _ recipe: Recipe, on profile: ClusterProfile, largest: Int = 8,
        openCorpus: @escaping @Sendable () throws(Diagnostic) -> any TokenSource
    ) throws(Diagnostic) {
        self.recipe = recipe
        self.profile = profile
        self.openCorpus = openCorpus
        layouts = Self.legalLayouts(
            recipe, largest: min(largest, profile.nodes.count * profile.nodes.acceleratorsPerNode))
        guard !layouts.isEmpty else {
            throw Diagnostic(
                "soak.layouts", "the recipe has no legal layout of so few ranks", found: "\(largest) ranks")
        }
    }

    /// All that the recipe allows, with the two largest micro-batches each: smaller ones take longer and show no more.
    private static func legalLayouts(_ recipe: Recipe, largest: Int) -> [Layout] {
        var legal: [Layout] = []
        for (tensor, pipeline, data) in degrees(largest) {
            let share = recipe.batch.global / data
            for zero in 0...3 where zero == 0 || data > 1 {
                for schedule in [Layout.Schedule.oneForwardOneBackward, .gpipe]
                where schedule == .oneForwardOneBackward || pipeline > 1 {
                    let sized = [share, share / 2, share / 4].filter { $0 > 0 }.compactMap { microBatch in
                        let layout = Layout(
                            tensor: tensor, pipeline: pipeline, data: data, microBatch: microBatch, schedule: schedule,
                            zero: zero)
                        return (try? recipe.validate(layout)) == nil ? nil : layout
                    }
                    legal += sized.prefix(2)
                }
            }
        }
        return legal
    }

    private static func degrees(_ largest: Int) -> [(tensor: Int, pipeline: Int, data: Int)] {
        [1, 2, 4].flatMap { tensor in
            [1, 2, 4].flatMap { pipeline in
                [1, 2, 4, 8].filter { tensor * pipeline * $0 <= largest }.map { (tensor, pipeline, $0) }
            }
        }
    }

    /// What came of some seeds.
    public struct Result: Sendable {
        public var seeds = 0
        /// Runs that ended as the run without faults does.
        public var recovered = 0
        /// Runs that stopped with a clear error, and could be resumed.
        public var refused = 0
        /// Seeds whose run broke a promise, ascending, with what was broken.
        public var failures: [(seed: UInt64, problems: [String])] = []
        /// How often each kind of fault came to pass.
        public var faults: [String: Int] = [:]
    }

    /// Runs the seeds of a range on several threads; `tell` is called now and then with how far they are, `beginning` by each
    /// thread before it takes up a seed.
    ///
    /// Records go to repositories under `folder`. Stops early after `mostFailures`.
    public func run(
        seeds: Range<UInt64>, threads: Int, folder: String, mostFailures: Int = 10,
        beginning: @escaping @Sendable (_ thread: Int, _ seed: UInt64) -> Void = { _, _ in },
        tell: @escaping @Sendable (Result) -> Void
    ) throws(Diagnostic) -> Result {
        let state = Mutex((next: seeds.lowerBound, result: Result(), failure: Diagnostic?.none))
        DispatchQueue.concurrentPerform(iterations: max(threads, 1)) { thread in
            do throws(Diagnostic) {
                let worker = try SoakWorker(self, folder: "\(folder)/thread-\(thread)")
                while true {
                    let seed = state.withLock { state -> UInt64? in
                        guard state.next < seeds.upperBound, state.result.failures.count < mostFailures,
                            state.failure == nil
                        else { return nil }
                        defer { state.next += 1 }
                        return state.next
                    }
                    guard let seed else { return }
                    beginning(thread, seed)
                    let outcome = worker.outcome(of: seed)
                    state.withLock {
                        $0.result.add(outcome, of: seed)
                        tell($0.result)
                    }
                }
            } catch {
                state.withLock { $0.failure = error }
            }
        }
        let (result, failure) = state.withLock { ($0.result, $0.failure) }
        if let failure { throw failure }
        return result
    }
}

extension Soak.Result {
    mutating func add(_ outcome: SoakWorker.Outcome, of seed: UInt64) {
        seeds += 1
        if !outcome.problems.isEmpty {
            failures.append((seed, outcome.problems))
            failures.sort { $0.seed < $1.seed }
        } else if outcome.isRefused {
            refused += 1
        } else {
            recovered += 1
        }
        for kind in outcome.faults { faults[kind, default: 0] += 1 }
    }
}
