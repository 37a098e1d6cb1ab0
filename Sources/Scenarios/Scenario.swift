import Diagnostics
import TypedYAML

/// What goes wrong with a run, and what must come of it.
///
/// ```yaml
/// name: dead-accelerator
/// events:
///   - {kind: node_loss, step: 5, node: 0}
/// expect:
///   outcome: finished
///   restarts: 1
/// ```
/// A scenario is a plain value: the same scenario, recipe and seed give the same run, whatever the machine.
public struct Scenario: Sendable, Equatable {
    public var name: String
    public var summary: String
    /// Where the incident is told of, for one that has happened.
    public var source: String?
    public var events: [FaultEvent]
    /// Faults to draw, by the chance that one happens in a step.
    public var rates: [Rate]
    /// Faults to draw at the rates that the cluster's profile tells of.
    public var profileRates: ProfileRates?
    public var expectation: Expectation
    /// How the run must be for all this to come to pass.
    public var settings = Settings()
    /// The file that it was read from.
    public var origin = Origin()

    /// What a rehearsal sets in its recipe and in the cluster's profile, unless whoever rehearses says otherwise: each a
    /// `path.to.key=value`.
    public struct Settings: Sendable, Equatable {
        public var recipe: [String] = []
        public var profile: [String] = []

        public init() {}
    }

    /// Where something is written, for messages. It plays no part in whether two scenarios are the same.
    public struct Origin: Sendable, Equatable {
        public var file: String?
        public var line: Int?
        /// The dotted key.
        public var key: String?

        public static func == (_: Origin, _: Origin) -> Bool { true }

        init() {}

        init(_ location: Diagnostic.Location) { (file, line, key) = (location.file, location.line, location.key) }

        /// The place of one of its keys.
        func location(_ key: String) -> Diagnostic.Location {
            .init(file: file, line: line, key: self.key.map { "\($0).\(key)" } ?? key)
        }
    }

    /// A chance in every step.
    public struct Rate: Sendable, Equatable {
        public var kind: FaultKind
        /// From 0 to 1.
        public var chance: Double
    }

    /// Node losses and hangs, as often as the cluster's profile says.
    ///
    /// A rehearsal has few steps and few nodes: each step stands for a longer time on more nodes.
    public struct ProfileRates: Sendable, Equatable {
        /// Hours that a step stands for.
        public var hoursPerStep: Double
        /// Nodes that the run stands for; `nil` for as many as it has.
        public var nodes: Int?
    }

    /// What must come of it.
    public struct Expectation: Sendable, Equatable {
        public var outcome: Outcome?
        /// Jobs after the first.
        public var restarts: Int?
        /// Steps that were computed and have to be computed again.
        public var lostSteps: Int?
        /// A word of the diagnostic that ends the run or a job.
        public var says: String?

        public enum Outcome: String, Sendable, CaseIterable {
            /// The run ends with the digest of the run without faults.
            case finished
            /// The run stops with a clear error, and can be resumed when its cause is gone.
            case refused
        }

        public init() {}
    }

    public init(name: String, summary: String = "", events: [FaultEvent]) {
        self.name = name
        self.summary = summary
        self.events = events
        rates = []
        expectation = Expectation()
    }

    /// Reads a scenario by path or by the name of a shipped one.
    public static func load(_ nameOrPath: String) throws(Diagnostic) -> Scenario {
        let path = try SharedFiles().resolve(nameOrPath, in: .scenarios, subject: "scenario")
        return try Scenario(reading: YAMLDocument(contentsOf: path, subject: "scenario"))
    }

    /// Reads a scenario from YAML text; `file` is what messages show as its place.
    public static func parse(_ text: String, file: String? = nil) throws(Diagnostic) -> Scenario {
        try Scenario(reading: YAMLDocument(parsing: text, subject: "scenario", file: file))
    }

    /// The names of the shipped scenarios, sorted.
    public static func list() -> [String] { SharedFiles().names(in: .scenarios) }
}
