import Diagnostics

/// Keeps documents whose likeliest language is the expected one, with at least a given score.
///
/// A language that the model doesn't know can't be judged: its documents pass.
public struct LanguageFilter: ScratchStage {
    public var identifier: LanguageIdentifier
    /// The expected language; a script or region in the tag plays no part.
    public var language: String
    /// Between 0 and 1.
    public var scoreMin: Double
    public var name: String { "language" }

    public init(identifier: LanguageIdentifier, language: String, scoreMin: Double) {
        self.identifier = identifier
        self.language = primaryLanguage(of: language)
        self.scoreMin = scoreMin
    }

    public func apply(to text: inout [UInt8], using scratch: CleaningScratch) -> StageOutcome {
        guard identifier.languages.contains(language) else {
            return .kept(measure: "the model doesn't know \(language)")
        }
        let guess = identifier.identify(text, using: scratch)
        guard let found = guess.language else { return .dropped(reason: "no letters to tell the language by") }
        let score = Limit.text(guess.score, beside: scoreMin)
        if found != language { return .dropped(reason: "\(found) with \(score), not \(language)") }
        let outcome = Limit(side: .atLeast, value: scoreMin).judge(guess.score)
        switch outcome {
        case .kept(let measure): return .kept(measure: measure.map { "\(language) with \($0)" })
        case .dropped(let reason): return .dropped(reason: "\(language) with \(reason)")
        case .changed: return outcome
        }
    }
}
