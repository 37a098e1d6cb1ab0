import Foundation

/// What a commit of a record is about.
///
/// The kinds named here are the ones this version writes; a record may hold others, which readers pass through.
public struct EventKind: Sendable, Hashable, CustomStringConvertible {
    /// The word in the `Serre-Event` trailer.
    public let name: String

    init(name: String) { self.name = name }

    /// The run begins; only ``Ledger/begin(_:files:snapshot:limits:message:at:)`` writes it.
    public static let start = EventKind(name: "start")
    /// A stretch of steps with its metrics.
    public static let segment = EventKind(name: "segment")
    /// A checkpoint was saved.
    public static let checkpoint = EventKind(name: "checkpoint")
    /// The model was measured while it was trained.
    public static let evaluation = EventKind(name: "evaluation")
    /// A checkpoint's model was examined in a suite, perhaps long after the end.
    public static let examination = EventKind(name: "examination")
    /// Something went wrong and the run went on or will end.
    public static let incident = EventKind(name: "incident")
    /// The run goes on after an end, from the step that the event names.
    public static let resume = EventKind(name: "resume")
    /// The run is over, with a ``RunOutcome``.
    public static let end = EventKind(name: "end")

    public var description: String { name }

    /// Whether the event's step and digest say how far training has come.
    var tellsProgress: Bool { [.start, .segment, .checkpoint, .resume, .end].contains(self) }
}

/// How a run ended.
public enum RunOutcome: String, Sendable, CaseIterable {
    /// All steps are done.
    case finished
    /// An error stopped it.
    case failed
    /// The user or the batch system stopped it; it can be resumed.
    case interrupted
}

/// Where a run stands, as far as its record can tell.
public enum RunState: String, Sendable, CaseIterable {
    /// No end has been recorded since the last start or resume; the process may be gone all the same.
    case running
    case finished
    case failed
    case interrupted
    /// The record cannot be read; ``RunSummary/problem`` says why.
    case unreadable

    /// The state that an end with this outcome leaves.
    init(_ outcome: RunOutcome) {
        switch outcome {
        case .finished: self = .finished
        case .failed: self = .failed
        case .interrupted: self = .interrupted
        }
    }
}

/// One event to add to a run's record.
public struct RunEvent: Sendable {
    public var kind: EventKind
    /// The step the event is about: the last one of a segment, the one a checkpoint holds.
    public var step: Int?
    /// The digest of the training state after ``step``, as `sha256:…`.
    public var digest: String?
    /// How the run ended; only for ``EventKind/end``, where `nil` means finished.
    public var outcome: RunOutcome?
    /// What happened, for people: the first line completes `serre run <id>: …`, further lines follow below it.
    public var message: String
    /// Files to add to the record's tree, or to replace in it.
    public var files: [RecordFile]
    /// How many steps the run is to have from here on, where a resume changes that.
    public var stepsPlanned: Int?

    /// An event of `kind`; without a message its first line is made from the kind and the step.
    public init(
        _ kind: EventKind, step: Int? = nil, digest: String? = nil, outcome: RunOutcome? = nil,
        message: String? = nil, files: [RecordFile] = [], stepsPlanned: Int? = nil
    ) {
        self.kind = kind
        self.stepsPlanned = stepsPlanned
        self.step = step
        self.digest = digest
        self.outcome = kind == .end ? outcome ?? .finished : nil
        self.files = files
        let words = self.outcome.map(\.rawValue) ?? kind.name
        self.message = message ?? (step.map { "\(words) at step \($0)" } ?? words)
    }
}

/// One commit of a record, as read back.
public struct RecordedEvent: Sendable, Equatable {
    /// The commit's id, 40 hexadecimal digits.
    public var commit: String
    public var time: Date
    public var kind: EventKind
    public var step: Int?
    public var digest: String?
    public var outcome: RunOutcome?
    /// What happened, for people: the text of ``RunEvent/message``.
    public var message: String
}
