import Diagnostics
import Integrity

/// One task of a suite: what is asked of the model, and its items.
public struct SuiteTask: Sendable, Equatable {
    /// What a task measures.
    public enum Kind: String, Sendable, CaseIterable {
        /// The likelihood of whole documents: bits per byte and perplexities.
        case text
        /// Which of several continuations is the likeliest, and how sure the model is of it.
        case multipleChoice = "multiple_choice"
        /// Whether the model says the last word of a passage (LAMBADA).
        case lastWord = "last_word"
        /// Which of two sentences that differ in a group of people is the likelier (CrowS-Pairs).
        case pairedSentences = "paired_sentences"
        /// Whether what the model writes is the answer.
        case generation
        /// Whether the model goes on with a document word for word.
        case memorisation
    }

    /// The keys of a task in a suite's file.
    enum Key: String, CaseIterable {
        case name, kind, form, file, files, format, limit, id, language, source, text, context, choices, labels, label
        case delimiter, more, less, target, stop, length, prefix, samples, shots, examples
        case shotsSeed = "shots_seed"
        case beginsDocument = "begins_document"
        case ignoreCase = "ignore_case"
    }

    /// Where the texts of a task come from.
    enum Origin: Equatable {
        /// The files of the suite.
        case files
        /// The samples that training began with.
        case training
        /// The held-out text of the run's corpus.
        case heldOut
    }

    public var name: String
    public var kind: Kind
    var origin = Origin.files
    /// The items, with the examples before them.
    var items: [SuiteItem] = []
    /// Examples that stand before each item.
    public var shots = 0
    /// Whether a document's beginning stands before the context.
    var beginsDocument = false
    /// Most tokens that are written, or that must be repeated word for word.
    var length = 32
    /// Tokens of a document that the model is shown before it is to go on.
    var prefix = 32
    /// Samples of training or of a language's held-out text.
    var samples = 100
    var stop: [String] = []
    var ignoreCase = false
}

/// One item of a task, ready to be asked.
struct SuiteItem: Sendable, Equatable {
    /// Its name among the items of the task: that of the dataset, or its number.
    var id: String
    var language: String
    var source: String?
    var content: Content
    var location: Location

    /// Where it is written, for messages.
    struct Location: Sendable, Equatable {
        var file: String
        var line: Int
    }

    enum Content: Sendable, Hashable {
        case text(String)
        /// `delimiter` stands between the context and each choice.
        case choice(context: String, choices: [String], delimiter: String, answer: Int)
        case lastWord(context: String, word: String)
        case pair(more: String, less: String)
        case answer(context: String, references: [String])
    }
}

extension SuiteTask {
    /// How many items it has; `nil` where the model's own corpus decides.
    public var itemCount: Int? { origin == .files ? items.count : nil }

    /// The languages of its items, sorted.
    public var languages: [String] { Set(items.map(\.language)).sorted() }
}
