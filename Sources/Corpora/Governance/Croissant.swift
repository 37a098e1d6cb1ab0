import Cleaning
import Diagnostics

/// A corpus described for programs: Croissant 1.1, a vocabulary in JSON-LD on top of schema.org
/// (http://mlcommons.org/croissant/1.1).
///
/// It is a function of the manifest alone. Every file stands in it with its size and SHA-256; texts and document
/// tables are record sets with typed fields. A date, an address and a creator are not known to a build and so not
/// stated; whoever publishes the corpus adds them.
struct Croissant {
    let manifest: TextCorpusManifest

    init(_ manifest: TextCorpusManifest) { self.manifest = manifest }

    /// The description, indented, its keys in order.
    func json() throws(Diagnostic) -> String {
        String(decoding: try encodeJSON(tree, pretty: true), as: UTF8.self) + "\n"
    }

    var tree: JSONTree {
        var members: [String: JSONTree] = [
            "@context": Croissant.context,
            "@type": "sc:Dataset",
            "conformsTo": "http://mlcommons.org/croissant/1.1",
            "name": .text(manifest.name),
            "description": .text(manifest.description ?? "A corpus of texts built from a specification."),
            "inLanguage": .list(manifest.languages.filter { $0.kept > 0 }.map { .text($0.code) }),
            "identifier": .text("\(manifest.specificationDigest)"),
            "isBasedOn": .list(manifest.sources.map(source)),
            "distribution": .list(distribution),
            "recordSet": .list([texts, documents]),
        ]
        if !manifest.licences.isEmpty { members["license"] = .list(manifest.licences.map { .text($0.address) }) }
        if let version = manifest.corpusVersion { members["version"] = .text(Croissant.semantic(version)) }
        return .object(members)
    }

    /// A version in three parts, where it is one of whole numbers; Croissant wants `major.minor.patch`.
    static func semantic(_ version: String) -> String {
        let parts = version.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count < 3, parts.allSatisfy(Croissant.isNumber) else {
            return version
        }
        return (parts + Array(repeating: "0", count: 3 - parts.count)).joined(separator: ".")
    }

    private static func isNumber(_ text: Substring) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (48...57).contains($0) }
    }

    /// Where texts are from: a work with its name, version and licence.
    private func source(_ source: TextCorpusManifest.SourceEntry) -> JSONTree {
        var members: [String: JSONTree] = ["@type": "sc:CreativeWork", "name": .text(source.name)]
        if let licence = source.licence { members["license"] = .text(LicenceName(licence).address) }
        if let version = source.version { members["version"] = .text(version) }
        if let language = source.language { members["inLanguage"] = .text(language) }
        members["description"] = .text(
            "\(source.kind): \(source.kept) of \(counted(source.documents, "document")) kept, \(counted(source.bytes, "byte"))"
        )
        return .object(members)
    }
}
