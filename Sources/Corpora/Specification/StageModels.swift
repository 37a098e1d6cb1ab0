import Cleaning
import Diagnostics
import Integrity

/// Models that several stages share, loaded once for a build.
struct StageModels: Sendable {
    /// Tells languages apart.
    let languages: LanguageIdentifier
    /// What the texts of a language usually look like, by the digests of the models' files.
    let byteModels: [Digest: ByteModel]

    /// Throws `cleaning.language-model` if the model in the program is damaged.
    init(byteModels: [Digest: ByteModel] = [:]) throws(Diagnostic) {
        languages = try .shipped()
        self.byteModels = byteModels
    }
}
