import Diagnostics
import Foundation
import Integrity
import Ledger

/// A reference to another entity of a crate.
func reference(_ id: String) -> JSONTree { ["@id": .string(id)] }

/// The entities of an RO-Crate in the making.
struct CrateGraph {
    static let metadataName = "ro-crate-metadata.json"
    static let processRun = "https://w3id.org/ro/wfrun/process/0.5"
    static let software = "urn:serre:serre"

    private var entities: [JSONTree] = [
        [
            "@id": .string(metadataName), "@type": "CreativeWork", "about": reference("./"),
            "conformsTo": reference("https://w3id.org/ro/crate/1.1"),
        ]
    ]
    /// The ids of the crate's files, in the order they were added.
    private(set) var files: [String] = []

    mutating func add(_ id: String, type: String, _ members: [String: JSONTree]) {
        entities.append(
            .object(members.merging(["@id": .string(id), "@type": .string(type)]) { own, _ in own }))
    }

    mutating func addFile(_ path: String, bytes: Int, digest: Digest, about: String) {
        let format =
            switch path.split(separator: ".").last {
            case "json": "application/json"
            case "jsonl": "application/jsonl"
            case "csv": "text/csv"
            case "yaml": "application/yaml"
            case "tsr": "application/timestamp-reply"
            default: "application/octet-stream"
            }
        files.append(Self.id(of: path))
        add(
            Self.id(of: path), type: "File",
            [
                "name": .string(path), "description": .string(about), "contentSize": .string("\(bytes)"),
                "encodingFormat": .string(format), "sha256": .string(digest.hex),
            ])
    }

    /// A file's id: its path as part of a URL.
    static func id(of path: String) -> String {
        path.addingPercentEncoding(withAllowedCharacters: .urlPathAllowed) ?? path
    }

    /// Several texts, or one alone, which RO-Crate wants not to be in a list.
    static func list(_ texts: [String]) -> JSONTree {
        texts.count == 1 ? .string(texts[0]) : .array(texts.map(JSONTree.string))
    }

    func document() throws(Diagnostic) -> String {
        try JSONTree.object([
            "@context": "https://w3id.org/ro/crate/1.1/context", "@graph": .array(entities),
        ]).document()
    }
}
