/// What Hugging Face reads: languages, licences, size.
extension DataCard {
    var frontMatter: String {
        var lines = ["---"]
        lines += list("language", languageCodes)
        lines += list("license", licenceIdentifiers)
        lines.append("pretty_name: \(quoted(manifest.name))")
        lines += list("size_categories", [sizeCategory])
        lines += list("task_categories", ["text-generation"])
        lines.append("configs:")
        for language in manifest.languages where language.kept > 0 {
            lines.append("- config_name: \(quoted(language.code))")
            lines.append("  data_files: \(quoted("texts-\(language.code)-\(Self.shardNumber).jsonl"))")
        }
        lines.append("---")
        return lines.joined(separator: "\n") + "\n"
    }

    /// The pattern of a shard's number: a star would take the shards of `pt-BR` for those of `pt`.
    private static let shardNumber = String(repeating: "[0-9]", count: 5)

    /// ISO 639 codes, without scripts and regions; all programming languages are `code`.
    private var languageCodes: [String] {
        let codes = manifest.languages.filter { $0.kept > 0 }.map { language in
            isProgrammingLanguage(language.code)
                ? "code" : String(language.code.prefix { $0 != "-" && $0 != "_" })
        }
        return Set(codes).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private var licenceIdentifiers: [String] {
        let known =
            manifest.licences.map(\.cardIdentifier) + (manifest.sourcesWithoutLicence.isEmpty ? [] : ["unknown"])
        return Set(known).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    /// The class of size by the number of documents.
    private var sizeCategory: String {
        let bounds = [
            (1_000, "n<1K"), (10_000, "1K<n<10K"), (100_000, "10K<n<100K"), (1_000_000, "100K<n<1M"),
            (10_000_000, "1M<n<10M"), (100_000_000, "10M<n<100M"), (1_000_000_000, "100M<n<1B"),
            (10_000_000_000, "1B<n<10B"), (100_000_000_000, "10B<n<100B"), (1_000_000_000_000, "100B<n<1T"),
        ]
        return bounds.first { manifest.totals.kept < $0.0 }?.1 ?? "n>1T"
    }

    private func list(_ key: String, _ values: [String]) -> [String] {
        values.isEmpty ? [] : ["\(key):"] + values.map { "- \(quoted($0))" }
    }

    /// A text in YAML's double quotes: codes such as `no` would be truth values without them.
    private func quoted(_ text: String) -> String {
        "\"" + text.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"").replacing("\n", with: "\\n") + "\""
    }
}
