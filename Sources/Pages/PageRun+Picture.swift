import Diagnostics
import Ledger
import Pictures

extension PageRun {
    /// The run's loss over its steps, with held-out measures and resumes, as a self-contained SVG picture; the same bytes for the
    /// same record.
    ///
    /// `language` draws its measures alone, in place of the mean and the range of all. Throws `picture.language` for a language
    /// without measures, and `picture.empty` for a run without a finite loss.
    public func lossPicture(language: String? = nil) throws(Diagnostic) -> String {
        let (done, digest) = (stepsDone, record.summary.digest)
        let steps = "\(done) step\(done == 1 ? "" : "s")"
        var content = LossPicture.Content(
            title: "\(record.summary.recipe): training loss over \(steps)", steps: columns.step, losses: columns.loss)
        let measures = validation.filter { $0.measure == "bits_per_byte" }
        if let language, !measures.contains(where: { $0.language == language }) {
            let known = measures.map(\.language).joined(separator: ", ")
            throw Diagnostic(
                "picture.language", "the record has no held-out measure of this language", at: .init(key: "--language"),
                expected: known.isEmpty ? "a run with held-out documents" : "one of \(known)", found: language)
        }
        let shown = measures.filter { language == nil || $0.language == language }
        content.validation = Self.overLanguages(shown)
        content.validationName =
            language ?? (shown.count == 1 ? shown[0].language : "mean of \(shown.count) languages, and their range")
        content.resumes = Set(record.events.filter { $0.kind == .resume }.compactMap(\.step)).sorted()
        if let digest, record.summary.state == .finished { content.caption = ["state \(digest)"] }
        return try LossPicture(content).svg
    }

    /// Least, mean and greatest of the languages that have a value, after each step that has one.
    private static func overLanguages(_ measures: [Measure]) -> [LossPicture.Validation] {
        Set(measures.flatMap(\.steps)).sorted().compactMap { step in
            let values = measures.compactMap { measure in
                measure.steps.lastIndex(of: step).flatMap { measure.values[$0] }
            }.filter(\.isFinite)
            guard let least = values.min(), let greatest = values.max() else { return nil }
            let mean = values.reduce(0, +) / Double(values.count)
            return LossPicture.Validation(step: step, least: least, mean: mean, greatest: greatest)
        }
    }
}
