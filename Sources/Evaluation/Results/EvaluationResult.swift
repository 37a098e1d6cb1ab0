import Diagnostics
import Foundation
import Integrity

/// What a model did in a suite, with every item: the content of a results file and of the record's.
public struct EvaluationResult: Codable, Sendable, Equatable {
    static let formatName = "serre-evaluation"

    public var format = EvaluationResult.formatName
    public var version = 1
    public var model: Model
    public var suites: [SuiteResult]

    public init(model: Model, suites: [SuiteResult]) { (self.model, self.suites) = (model, suites) }

    /// The model that was measured.
    public struct Model: Codable, Sendable, Equatable {
        /// The run's name, or the folder's.
        public var name: String
        public var recipe: String
        /// The step of the checkpoint.
        public var step: Int
        /// The digest of the whole training state at that step.
        public var stateDigest: String
        public var parameters: Int
        public var tokenizer: String
        public var tokenizerDigest: String
        public var sequenceLength: Int
        public var numerics: String
        /// The version of Serre that measured.
        public var serre: String

        public init(
            name: String, recipe: String, step: Int, stateDigest: String, parameters: Int, tokenizer: String,
            tokenizerDigest: String, sequenceLength: Int, numerics: String, serre: String
        ) {
            (self.name, self.recipe, self.step, self.stateDigest) = (name, recipe, step, stateDigest)
            (self.parameters, self.tokenizer, self.tokenizerDigest) = (parameters, tokenizer, tokenizerDigest)
            (self.sequenceLength, self.numerics, self.serre) = (sequenceLength, numerics, serre)
        }

        enum CodingKeys: String, CodingKey {
            case name, recipe, step, parameters, tokenizer, numerics, serre
            case stateDigest = "state_digest"
            case tokenizerDigest = "tokenizer_digest"
            case sequenceLength = "sequence_length"
        }
    }

    /// The bytes of a results file: keys sorted, so that equal results give equal bytes.
    public func json(isIndented: Bool = true) throws(Diagnostic) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isIndented { encoder.outputFormatting.insert(.prettyPrinted) }
        do {
            return String(decoding: try encoder.encode(self), as: UTF8.self) + "\n"
        } catch {
            throw Diagnostic("evaluate.encode", "the results cannot be written as JSON", kind: .failure)
        }
    }

    /// Reads results; `file` is what messages call them. Throws `evaluate.results` when it is another file.
    public init(json: Data, file: String) throws(Diagnostic) {
        let result: EvaluationResult
        do {
            result = try JSONDecoder().decode(EvaluationResult.self, from: json)
        } catch {
            throw Diagnostic(
                "evaluate.results", "this is not a file of results", at: .init(file: file),
                expected: "what serre evaluate MODEL SUITE -o FILE writes")
        }
        guard result.format == Self.formatName, result.version == 1 else {
            throw Diagnostic(
                "evaluate.results", "the file is of another format", at: .init(file: file),
                expected: "\(Self.formatName) 1", found: "\(result.format) \(result.version)")
        }
        self = result
    }
}

/// What a model did in one suite.
public struct SuiteResult: Codable, Sendable, Equatable {
    public var name: String
    /// The digest of the suite with all its items.
    public var digest: String
    public var tasks: [TaskResult]
}

/// What a model did in one task.
public struct TaskResult: Codable, Sendable, Equatable {
    public var name: String
    public var kind: String
    /// Examples that stood before each item; `nil` for none.
    public var shots: Int?
    /// The figures of all items, of each language and of each source.
    public var metrics: [Figure]
    /// Items of which the beginning did not fit the model's sequence.
    public var truncated: Int
    public var items: [ItemResult]

    /// One figure over a group of items.
    public struct Figure: Codable, Sendable, Equatable {
        public var metric: String
        /// The language of the items; all when `nil`.
        public var language: String?
        /// The source of the items; all when `nil`.
        public var source: String?
        public var value: Double
        /// The 95 % interval; `nil` when one item or a metric without one.
        public var low, high: Double?
        public var items: Int
    }
}

/// What a model did with one item.
public struct ItemResult: Codable, Sendable, Equatable {
    public var id: String
    public var language: String
    public var source: String?
    /// The numbers that the task's metrics add up.
    public var measures: [String: Double]
    /// What the model chose or wrote, where the task asks for that.
    public var answer: String?
    /// Tokens that the model's sequence had no room for.
    public var dropped: Int?

    enum CodingKeys: String, CodingKey { case id, language, source, measures, answer, dropped }
}
