import Diagnostics
import Foundation
import Integrity

/// Where texts are from: the name, version and licence that travel with every document made of them.
///
/// It is read from a JSON file named ``fileName`` with the keys `name`, `version` and `licence`. The file speaks for
/// every document in its folder and below; where several speak, the one in the deepest folder is right.
public struct SourceRecord: Sendable, Equatable {
    /// The name of the file that holds a record.
    public static let fileName = "SOURCE.json"

    /// What the source is called, such as the name of a package.
    public var name: String
    /// The version of the source, if it has one.
    public var version: String?
    /// The licence of the texts, by SPDX identifiers where they exist.
    public var licence: String?

    public init(name: String, version: String? = nil, licence: String? = nil) {
        self.name = name
        self.version = version
        self.licence = licence
    }

    /// Reads the record of a folder; `nil` if the folder has none.
    static func inFolder(_ folder: String) throws(Diagnostic) -> SourceRecord? {
        let path = folder + "/" + fileName
        guard FileManager.default.fileExists(atPath: path) else { return nil }
        let object = try FlatObject(parsing: try readFile(path), at: .init(file: path))
        try object.refuseKeys(except: ["name", "version", "licence"])
        return SourceRecord(
            name: try object.requiredString("name"), version: try object.string("version"),
            licence: try object.string("licence"))
    }
}

/// The whole content of a file, mapped into memory where the file system allows it.
func readFile(_ path: String) throws(Diagnostic) -> Data {
    do {
        return try Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped)
    } catch {
        throw Diagnostic(
            "corpus.unreadable", "cannot read the file: \(reasonUnreadable(path))", at: .init(file: path),
            remedy: "check that it exists and that you may read it")
    }
}
