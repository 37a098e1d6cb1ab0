/// How the corpus was made, and what to know before it is used.
extension DataCard {
    var processing: String {
        var rows = [[String]]()
        for name in BuildStage.order(specification) {
            for (parameters, codes) in parameterSets(ofStage: name) {
                rows.append([name, codes, parameters])
            }
        }
        return "## Processing\n\nThe parameters in force; the specification at the end says everything.\n\n"
            + table(["stage", "languages", "parameters"], figures: [], rows)
    }

    /// The parameters of a stage, each set with the languages that have it.
    private func parameterSets(ofStage name: String) -> [(parameters: String, languages: String)] {
        var sets = [(parameters: String, codes: [String])]()
        for language in manifest.languages {
            guard let stage = language.stages.first(where: { $0.stage == name }) else { continue }
            let sorted = (stage.parameters ?? [:]).sorted { $0.key.utf8.lexicographicallyPrecedes($1.key.utf8) }
            let text =
                settings(ofStage: name, language: language.code)
                ?? sorted.map { "\($0.key) \(cell($0.value))" }.joined(separator: ", ")
            if let index = sets.firstIndex(where: { $0.parameters == text }) {
                sets[index].codes.append(language.code)
            } else {
                sets.append((text, [language.code]))
            }
        }
        return sets.map { set in
            (set.parameters.isEmpty ? "–" : set.parameters, sets.count == 1 ? "all" : set.codes.joined(separator: ", "))
        }
    }

    /// What the specification says of the stages that compare documents, or replace parts of them.
    private func settings(ofStage name: String, language: String) -> String? {
        let deduplication = specification.deduplication
        switch name {
        case BuildStage.exactAfterwards: return "the same text"
        case BuildStage.exact:
            let isCode = isProgrammingLanguage(language)
            let identities = deduplication.exact.map { (isCode ? $0.ofCode : $0).rawValue }
            return "the same " + identities.joined(separator: ", or the same ")
        case BuildStage.near:
            switch deduplication.near {
            case .minhash(let settings)?:
                return "minhash, threshold \(settings.threshold), permutations \(settings.permutations), "
                    + "bands \(settings.bands), rows \(settings.rows)"
            case .simhash(let settings)?:
                return "simhash, at most \(settings.distanceMax) of 64 bits apart"
            case nil: return nil
            }
        case BuildStage.templateLines:
            return deduplication.templateLines.map {
                "lines of at least \($0.charactersMin) characters seen \($0.countMin) times (\($0.counting.rawValue))"
            }
        case BuildStage.substrings: return deduplication.substrings.map { "repeats of at least \($0.bytesMin) bytes" }
        case BuildStage.redaction: return specification.redaction.joined(separator: ", ")
        default: return nil
        }
    }

    var personalData: String {
        let kinds = specification.redaction
        let text =
            kinds.isEmpty
            ? "Nothing was redacted: names, addresses, telephone numbers and the like stand in the texts as in the sources."
            : "These kinds were replaced by tags where patterns find them: \(kinds.joined(separator: ", ")). Patterns miss "
                + "some and hit other things; names of people and descriptions of their lives are not looked for."
                + (manifest.languages.contains { isProgrammingLanguage($0.code) }
                    ? " Code stands as in its sources." : "")
        return "## Personal data\n\n" + text
    }

    var splits: String {
        let (train, validation) = manifest.languages.reduce(into: (0, 0)) {
            $0.0 += $1.train.documents
            $0.1 += $1.validation.documents
        }
        return
            "## Splits\n\n\(counted(train, "document")) to train on and \(FigureText.count(validation)) held out for "
            + "validation, chosen in every language by the digest of the text, so that more documents move none. Each "
            + "line's `split` says which."
    }

    var removals: String {
        guard !manifest.removed.isEmpty else { return "" }
        let rows = manifest.removed.map { removal in
            [
                removal.source.map { "source \(cell($0))" } ?? "document `\(cell(removal.document ?? ""))`",
                cell(removal.reason ?? "–"),
            ]
        }
        return "## Removed on request\n\n" + table(["what", "why"], figures: [], rows)
    }

    var limits: String {
        var items = [
            "Languages and licences are those that the sources state; nobody has checked them document by document.",
            "Filters judge by counts and patterns. They drop good texts and keep bad ones, and how often differs between "
                + "languages.",
            "Nobody has read the texts for truth, bias or offence.",
            "Sizes are bytes of UTF-8, which scripts use differently: equal sizes are not equal amounts of language.",
        ]
        let unlicensed = manifest.sourcesWithoutLicence
        if !unlicensed.isEmpty {
            items.insert(
                "No licence is stated for \(unlicensed.joined(separator: ", ")): clear it before you pass the texts on.",
                at: 0)
        }
        if specification.deduplication.near == nil {
            items.append(
                "Near-duplicates were not looked for; only documents that are the same in the ways named above.")
        } else {
            items.append("Near-duplicates are found by sketches of the texts: some pairs are missed.")
        }
        let skipped = manifest.totals.skipped
        if skipped > 0 { items.append("\(counted(skipped, "input")) could not be read: see `skipped.jsonl`.") }
        return "## Known limits\n\n" + items.map { "- \($0)" }.joined(separator: "\n")
    }

    var rebuilding: String {
        // A fence longer than any in the text.
        var fence = "```"
        while manifest.specification.contains(fence) { fence += "`" }
        let text = manifest.specification.hasSuffix("\n") ? manifest.specification : manifest.specification + "\n"
        return
            "## Specification\n\nEqual specifications and sources give equal bytes. `serre corpus build` makes the corpus "
            + "from this text, and `serre corpus show --explain` says what happened to a document.\n\n"
            + "\(fence)yaml\n\(text)\(fence)"
    }
}
