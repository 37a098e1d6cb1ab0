import Diagnostics
import Pictures

extension TextCorpusReport {
    /// How many documents each stage left, of all languages or of one, as a self-contained SVG picture; the same bytes for the
    /// same corpus.
    ///
    /// Throws `corpus.language` for a language that the corpus does not have, and `picture.empty` where nothing was found.
    public func funnel(language code: String? = nil) throws(Diagnostic) -> String {
        let languages = try code.map { (code) throws(Diagnostic) in [try language(code)] } ?? manifest.languages
        let found = languages.reduce(0) { $0 + $1.documents }
        let kept = languages.reduce(0) { $0 + $1.kept }
        let stages = stageNames(of: languages).map { name in
            FunnelPicture.Stage(name: name, dropped: languages.reduce(0) { $0 + dropped($1, name) })
        }
        let (bytesIn, bytes) = (languages.reduce(0) { $0 + $1.bytesIn }, languages.reduce(0) { $0 + $1.bytes })
        let title = "\(manifest.name): " + (code.map { "documents in \($0)" } ?? "documents in all languages")
        let held = languages.reduce(0) { $0 + $1.validation.documents }
        return try FunnelPicture(
            title: title, found: found, stages: stages,
            caption: [
                "\(short(bytesIn)) of text found, \(short(bytes)) kept; of \(grouped(kept)) documents \(grouped(held)) held out"
            ]
        ).svg
    }

    private func language(_ code: String) throws(Diagnostic) -> TextCorpusManifest.Language {
        guard let own = manifest.languages.first(where: { $0.code == code }) else {
            throw Diagnostic(
                "corpus.language", "the corpus has no such language", at: .init(key: "--language"),
                expected: "one of \(manifest.languages.map(\.code).joined(separator: ", "))", found: code)
        }
        return own
    }
}
