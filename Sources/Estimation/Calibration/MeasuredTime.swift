import Programs
import Recipes

/// Seconds that something really took on the cluster whose profile is calibrated, and where that is written.
public struct MeasuredTime: Sendable {
    public enum Subject: Sendable {
        /// An optimiser step of a recipe on its layout.
        case step(Recipe)
        /// A product of an m × k and a k × n matrix.
        case product(m: Int, n: Int, k: Int, Recipe.Precision)
        /// An all-reduce by a communication library.
        case allReduce(bytes: Int, ranks: Int, nodes: Int)
        /// A kernel of Serre's own engine.
        case kernel(Programs.Operation, Work)
        /// A message from one process to another of the same node.
        case message(bytes: Int)
        /// Serre's own all-reduce among processes of one node.
        case exchange(bytes: Int, members: Int)
    }

    public var subject: Subject
    public var seconds: Double
    /// What was measured, for people.
    public var label: String
    public var file: String
    /// Counted from 1; `nil` if it was measured just now.
    public var line: Int?

    public init(_ subject: Subject, seconds: Double, label: String, file: String, line: Int? = nil) {
        self.subject = subject
        self.seconds = seconds
        self.label = label
        self.file = file
        self.line = line
    }
}
