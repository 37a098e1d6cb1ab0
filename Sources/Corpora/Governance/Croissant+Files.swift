/// The files of the corpus: each on its own with its digest, and those of a kind as a set.
extension Croissant {
    var distribution: [JSONTree] {
        let tables = manifest.files.filter { $0.kind != .description }
        return [
            fileSet("texts", includes: "texts-*.jsonl", "The kept texts."),
            fileSet("documents", includes: "documents-*.jsonl", "What each stage decided about every document."),
        ] + tables.map(fileObject)
    }

    private func fileSet(_ id: String, includes: String, _ description: String) -> JSONTree {
        [
            "@type": "cr:FileSet", "@id": .text(id), "name": .text(id), "description": .text(description),
            "includes": .text(includes), "encodingFormat": "application/jsonlines",
        ]
    }

    private func fileObject(_ file: TextCorpusManifest.File) -> JSONTree {
        [
            "@type": "cr:FileObject", "@id": .text(file.file), "name": .text(file.file),
            "contentUrl": .text(file.file), "contentSize": .text("\(file.bytes) B"),
            "encodingFormat": "application/jsonlines", "sha256": .text(file.sha256.hex),
        ]
    }

    // MARK: - Records

    /// The lines of the texts, by the keys that every one of them has: readers stumble over a field that is missing.
    var texts: JSONTree {
        let fields = [
            ("id", "SHA-256 of the text"), ("lang", "language code"), ("place", "place below the source's root"),
            ("source", "name of the source"), ("split", "train or validation"), ("text", "the text itself"),
        ]
        return recordSet(
            "text", of: "texts",
            "One text a record, with where it is from. Some records also have a `licence` or a `url`, as sources state them.",
            (fields + licence { $0.kept > 0 }).map { ($0.0, "sc:Text", $0.1) })
    }

    /// The lines of the documents' tables, by the keys that every one of them has.
    var documents: JSONTree {
        let sizes = [("bytes", "size of the text in the corpus"), ("bytes_in", "size of the text as found")]
        let texts = [
            ("decision", "kept or dropped"), ("lang", "language code"), ("place", "place below the source's root"),
            ("raw", "SHA-256 of the text as found"), ("source", "name of the source"),
        ]
        return recordSet(
            "document", of: "documents",
            "One document a record, kept or not. Records also have `steps` (stage, decision, measure), and where they "
                + "apply `id`, `split`, `stage`, `reason`, `duplicate_of`, `licence` and `url`.",
            sizes.map { ($0.0, "sc:Integer", $0.1) }
                + (texts + licence { $0.documents > 0 }).map { ($0.0, "sc:Text", $0.1) })
    }

    /// The licence as a field, where every source concerned states one.
    private func licence(_ concerns: (TextCorpusManifest.SourceEntry) -> Bool) -> [(String, String)] {
        manifest.sources.filter(concerns).allSatisfy { $0.licence != nil }
            ? [("licence", "licence as the source states it")] : []
    }

    private func recordSet(
        _ id: String, of files: String, _ description: String, _ fields: [(name: String, type: String, what: String)]
    ) -> JSONTree {
        [
            "@type": "cr:RecordSet", "@id": .text(id), "name": .text(id), "description": .text(description),
            "field": .list(
                fields.map { field in
                    [
                        "@type": "cr:Field", "@id": .text("\(id)/\(field.name)"), "name": .text(field.name),
                        "description": .text(field.what), "dataType": .text(field.type),
                        "source": ["fileSet": ["@id": .text(files)], "extract": ["column": .text(field.name)]],
                    ]
                }),
        ]
    }
}
