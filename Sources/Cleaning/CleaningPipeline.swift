/// Stages in order: a document goes through them until one drops it.
public struct CleaningPipeline: Sendable {
    public var stages: [any CleaningStage]

    public init(_ stages: [any CleaningStage]) { self.stages = stages }

    /// Sends one document through the stages and says what each did.
    ///
    /// The result depends on the text and the stages alone; `scratch` (one for each worker) only saves allocations.
    public func clean(_ text: [UInt8], using scratch: CleaningScratch = CleaningScratch()) -> CleaningResult {
        var text = text
        var outcomes: [CleaningResult.Step] = []
        outcomes.reserveCapacity(stages.count)
        scratch.forgetText()
        for stage in stages {
            let outcome = stage.apply(to: &text, using: scratch)
            outcomes.append(.init(stage: stage.name, outcome: outcome))
            switch outcome {
            case .kept: break
            case .changed: scratch.forgetText()
            case .dropped: return CleaningResult(text: text, steps: outcomes)
            }
        }
        return CleaningResult(text: text, steps: outcomes)
    }
}

/// What the stages made of one document.
public struct CleaningResult: Sendable, Equatable {
    /// One stage's part.
    public struct Step: Sendable, Equatable {
        public var stage: String
        public var outcome: StageOutcome
    }

    /// The text after the last stage that saw it: valid UTF-8.
    public var text: [UInt8]
    /// The stages that saw the document, in order; the last one dropped it unless ``isKept``.
    public var steps: [Step]

    /// The stage that dropped the document and its reason; `nil` if it was kept.
    public var dropped: (stage: String, reason: String)? {
        guard let last = steps.last, case .dropped(let reason) = last.outcome else { return nil }
        return (last.stage, reason)
    }

    /// Whether no stage dropped the document.
    public var isKept: Bool { dropped == nil }
}
