/// A licence as sources state it, in the forms that catalogues of data sets want.
struct LicenceName: Equatable {
    /// The text as stated.
    let stated: String

    init(_ stated: String) { self.stated = stated }

    /// Whether the text is one identifier in SPDX's alphabet, and no expression or sentence.
    private var isIdentifier: Bool {
        !stated.isEmpty
            && stated.utf8.allSatisfy { byte in
                (48...57).contains(byte) || (65...90).contains(byte) || (97...122).contains(byte)
                    || byte == UInt8(ascii: "-") || byte == UInt8(ascii: ".") || byte == UInt8(ascii: "+")
            }
    }

    /// The address of an identifier's text in SPDX's list; anything else as stated.
    var address: String { isIdentifier ? "https://spdx.org/licenses/\(stated)" : stated }

    /// The identifier that Hugging Face's data set cards use; `other` where there is none.
    var cardIdentifier: String {
        var name = stated.lowercased()
        for ending in ["-or-later", "-only", "+"] where name.hasSuffix(ending) { name.removeLast(ending.count) }
        return LicenceName.cardIdentifiers.contains(name) ? name : "other"
    }

    /// Those of Hugging Face's identifiers that texts and code are likely to have.
    private static let cardIdentifiers: Set<String> = [
        "afl-3.0", "agpl-3.0", "apache-2.0", "artistic-2.0", "bsd", "bsd-2-clause", "bsd-3-clause", "bsl-1.0", "cc",
        "cc-by-2.0", "cc-by-2.5", "cc-by-3.0", "cc-by-4.0", "cc-by-nc-2.0", "cc-by-nc-3.0", "cc-by-nc-4.0",
        "cc-by-nc-nd-3.0", "cc-by-nc-nd-4.0", "cc-by-nc-sa-2.0", "cc-by-nc-sa-3.0", "cc-by-nc-sa-4.0", "cc-by-nd-4.0",
        "cc-by-sa-3.0", "cc-by-sa-4.0", "cc0-1.0", "ecl-2.0", "epl-1.0", "epl-2.0", "eupl-1.1", "eupl-1.2", "gfdl",
        "gpl-2.0", "gpl-3.0", "isc", "lgpl-2.1", "lgpl-3.0", "lppl-1.3c", "mit", "mpl-2.0", "ms-pl", "ncsa", "odbl",
        "odc-by", "ofl-1.1", "osl-3.0", "pddl", "postgresql", "unlicense", "wtfpl", "zlib",
    ]
}

extension TextCorpusManifest {
    /// The licences that sources and kept documents state, each once, in byte-wise order.
    var licences: [LicenceName] {
        let kept = sources.filter { $0.kept > 0 }
        let stated = Set(kept.compactMap(\.licence) + kept.flatMap { ($0.licences ?? [:]).keys })
        return stated.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.map(LicenceName.init)
    }

    /// The sources that give documents to the corpus for which neither they nor the documents state a licence.
    var sourcesWithoutLicence: [String] {
        sources.filter { source in
            source.licence == nil && source.kept > (source.licences ?? [:]).values.reduce(0, +)
        }.map(\.name)
    }
}
