/// One step of cleaning: a pure function of a document's text and the stage's parameters.
///
/// A stage may rewrite the text or drop the document; it never looks at other documents, so that the order in which
/// documents are cleaned, and by how many workers, cannot matter.
public protocol CleaningStage: Sendable {
    /// The stage's name in specifications, reports and reasons, such as `special-characters`.
    var name: String { get }

    /// Examines a document, and rewrites its text (valid UTF-8) where that is the stage's work.
    func apply(to text: inout [UInt8]) -> StageOutcome

    /// The same, with tables and buffers that the caller keeps for the next document.
    ///
    /// Stages that need none get this from `apply(to:)`. A caller that changes the text itself between two stages
    /// must say so with ``CleaningScratch/forgetText()``; ``CleaningPipeline`` does.
    func apply(to text: inout [UInt8], using scratch: CleaningScratch) -> StageOutcome
}

extension CleaningStage {
    public func apply(to text: inout [UInt8], using scratch: CleaningScratch) -> StageOutcome {
        apply(to: &text)
    }
}

/// What a stage did with a document.
public enum StageOutcome: Sendable, Equatable {
    /// Passed, unchanged. `measure` is the figure that was compared, for explanations, such as `0.12 of at most 0.40`.
    case kept(measure: String?)
    /// Passed, rewritten; `detail` says what changed.
    case changed(detail: String)
    /// Left out; `reason` says why, with the figure found and the limit.
    case dropped(reason: String)
}

/// A stage that works only with a scratch; alone, it makes one for the call.
protocol ScratchStage: CleaningStage {}

extension ScratchStage {
    public func apply(to text: inout [UInt8]) -> StageOutcome {
        apply(to: &text, using: CleaningScratch())
    }
}
