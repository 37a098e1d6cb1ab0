import Diagnostics
import Foundation

/// What a checkpoint's model did in a suite, without its items: the figures of a file `suites/<step>/<suite>.json`.
public struct SuiteFigures: Sendable, Equatable {
    /// The step of the checkpoint.
    public var step: Int
    /// The digest of the training state at that step.
    public var stateDigest: String
    public var suite: String
    /// The digest of the suite with all its items.
    public var suiteDigest: String
    public var tasks: [Task]

    public struct Task: Sendable, Equatable {
        public var name: String
        /// How many items it has.
        public var items: Int
        /// The figures of all items, of each language and of each source.
        public var figures: [Figure]

        /// The figures of all items, one of each metric.
        public var overall: [Figure] { figures.filter { $0.source == nil && $0.items == items } }
    }

    /// One figure over a group of items.
    public struct Figure: Sendable, Equatable, Decodable {
        public var metric: String
        /// The language and the source of the items; all when `nil`.
        public var language, source: String?
        public var value: Double
        /// The 95 % interval; `nil` where there is none.
        public var low, high: Double?
        public var items: Int
    }

    /// The suites in a file of results; none in a file of another kind.
    package static func all(in content: [UInt8]) -> [SuiteFigures] {
        guard let file = try? JSONDecoder().decode(File.self, from: Data(content)), file.format == File.format else {
            return []
        }
        return file.suites.map { suite in
            SuiteFigures(
                step: file.model.step, stateDigest: file.model.stateDigest, suite: suite.name,
                suiteDigest: suite.digest,
                tasks: suite.tasks.map { Task(name: $0.name, items: $0.items.count, figures: $0.metrics) })
        }
    }

    /// By suite's name, the newest step first: the order of lists for people.
    package static func areInOrder(_ a: SuiteFigures, _ b: SuiteFigures) -> Bool {
        a.suite == b.suite ? a.step > b.step : a.suite < b.suite
    }

    /// The keys that are read; items are only counted.
    private struct File: Decodable {
        static let format = "serre-evaluation"
        var format: String
        var model: Model
        var suites: [Suite]

        struct Model: Decodable {
            var step: Int
            var stateDigest: String
            enum CodingKeys: String, CodingKey {
                case step
                case stateDigest = "state_digest"
            }
        }
        struct Suite: Decodable { var name, digest: String, tasks: [Task] }
        struct Task: Decodable { var name: String, metrics: [Figure], items: [Item] }
        struct Item: Decodable { init(from decoder: any Decoder) {} }
    }
}

extension Ledger {
    /// What the record of a run says of suites: by suite's name, the newest step first.
    public func suites(_ run: RunID) throws(Diagnostic) -> [SuiteFigures] {
        var found: [SuiteFigures] = []
        for file in try read(run).files where file.path.hasPrefix(RecordFormat.suites) {
            found += SuiteFigures.all(in: try self.file(run, file.path) ?? [])
        }
        return found.sorted(by: SuiteFigures.areInOrder)
    }
}
