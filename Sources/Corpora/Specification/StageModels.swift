import Cleaning
import Diagnostics

/// Models that several stages share, loaded once for a build.
struct StageModels: Sendable {
    /// Tells languages apart.
    let languages: LanguageIdentifier

    /// Throws `cleaning.language-model` if the model in the program is damaged.
    init() throws(Diagnostic) { languages = try .shipped() }
}
