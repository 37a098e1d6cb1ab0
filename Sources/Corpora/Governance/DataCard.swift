import Diagnostics

/// A corpus described for people, in Markdown, with the front matter that Hugging Face reads from a data set's card.
///
/// It is a function of the manifest alone: equal corpora have equal cards. It says what is known, and what is not.
struct DataCard {
    let manifest: TextCorpusManifest
    let specification: CorpusSpecification

    /// Reads the manifest's specification; throws where that cannot be read.
    init(_ manifest: TextCorpusManifest) throws(Diagnostic) {
        self.manifest = manifest
        specification = try CorpusSpecification.parse(manifest.specification)
    }

    /// The whole card.
    var markdown: String {
        let sections = [
            summary, sources, languages, funnel, processing, personalData, splits, removals, limits, rebuilding,
        ]
        return frontMatter + "\n" + sections.filter { !$0.isEmpty }.joined(separator: "\n\n") + "\n"
    }

    private var summary: String {
        let totals = manifest.totals
        var lines = ["# \(manifest.name)", ""]
        if let description = manifest.description { lines += [description, ""] }
        lines.append(
            "A corpus of \(counted(totals.kept, "document")), \(FigureText.bytes(totals.bytes)) of text in "
                + "\(counted(manifest.languages.filter { $0.kept > 0 }.count, "language")), kept of "
                + "\(counted(totals.documents, "document")), \(FigureText.bytes(totals.bytesIn)), found in "
                + "\(counted(manifest.sources.count, "source")). Texts are UTF-8 in JSON lines (`texts-*.jsonl`); "
                + "`documents-*.jsonl` say for every document, kept or not, what each stage decided.")
        lines += ["", "| | |", "|---|---|"]
        if let version = manifest.corpusVersion { lines.append("| version | \(cell(version)) |") }
        lines.append("| specification | `\(manifest.specificationDigest)` |")
        return lines.joined(separator: "\n")
    }

    func counted(_ number: Int, _ noun: String) -> String {
        "\(FigureText.count(number)) \(noun)\(number == 1 ? "" : "s")"
    }

    /// A text as it may stand in a table.
    func cell(_ text: String) -> String {
        text.replacing("\\", with: "\\\\").replacing("|", with: "\\|").replacing("\n", with: " ")
    }

    /// A table in Markdown; columns of figures are set to the right.
    func table(_ header: [String], figures: Set<Int>, _ rows: [[String]]) -> String {
        let rule = header.indices.map { figures.contains($0) ? "---:" : "---" }
        return ([header, rule] + rows).map { "| " + $0.joined(separator: " | ") + " |" }.joined(separator: "\n")
    }
}
