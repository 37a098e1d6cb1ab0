import Ingestion
import JSONWriting

/// A row of a language's table of documents: what a document is, where it is from and what each stage decided.
enum TableRow {
    /// One JSON object with keys in byte-wise order.
    ///
    /// `id` is the digest of the text in the corpus, or of the cleaned text of a document that was left out later; `raw`
    /// that of the text as the source gives it. `steps` lists stage, decision and measure.
    static func line(_ story: DocumentStory, _ source: Source, _ split: Split?, original: String?) -> [UInt8] {
        let dropped = story.dropped
        var row = JSONLine()
        row.write("bytes", story.line?.bytes ?? 0)
        row.write("bytes_in", story.document.rawBytes)
        row.write("decision", dropped == nil ? "kept" : "dropped")
        row.write("duplicate_of", original)
        row.write("id", (story.line?.digest ?? story.document.text?.digest)?.description)
        row.write("lang", story.document.language)
        row.write("licence", story.document.licence ?? source.licence)
        row.write("place", story.document.place)
        row.write("raw", story.document.raw.description)
        row.write("reason", dropped?.detail)
        row.write("source", source.name)
        row.write("split", split?.rawValue)
        row.write("stage", dropped?.stage)
        row.write(
            "steps",
            story.steps.map { step in [step.stage, step.decision.word] + [step.detail].compactMap(\.self) })
        row.write("url", story.document.url)
        row.end()
        return row.bytes
    }
}
