import Diagnostics
import Foundation
import Integrity
import TypedYAML

/// An examination of a model: tasks in YAML, their items in the files of public datasets.
public struct Suite: Sendable {
    public var name: String
    public var summary: String
    /// Where the items come from, and under which licence.
    public var source: String?
    public var tasks: [SuiteTask]
    /// The YAML file it was read from.
    public var path: String
    /// The digest of the YAML file and of every file of items, in their order.
    public var digest: Digest

    /// Reads a suite: a file, or the name of one that comes with Serre.
    ///
    /// Throws `suite.…`: unknown or missing keys, files and fields that are not there, labels that are none of the choices.
    public static func load(_ nameOrPath: String) throws(Diagnostic) -> Suite {
        try Suite(path: SharedFiles().resolve(nameOrPath, in: .suites, subject: "suite"))
    }

    /// Reads the suite in a file.
    public init(path: String) throws(Diagnostic) {
        let document = try YAMLDocument(contentsOf: path, subject: "suite")
        var digests = SHA256()
        digests.update(FileManager.default.contents(atPath: path) ?? Data())
        let root = try document.value.section(Key.self)
        self.path = path
        name = try Self.slug(root.required(.name))
        summary = try root.optional(.description)?.text() ?? ""
        source = try root.optional(.source)?.text()
        tasks = []
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().relativePath
        for value in try root.required(.tasks).elements("tasks") {
            var reading = try TaskReading(value, folder: folder == "." ? "" : folder + "/")
            let task = try reading.task()
            for digest in reading.digests { digests.update(digest.bytes) }
            guard !tasks.contains(where: { $0.name == task.name }) else {
                throw Diagnostic(
                    "suite.duplicate-task", "two tasks have the same name", at: value.location, found: task.name,
                    remedy: "give each a name of its own")
            }
            tasks.append(task)
        }
        guard !tasks.isEmpty else {
            throw Diagnostic("suite.empty", "the suite has no task", at: document.location(of: "tasks"))
        }
        digest = digests.finish()
    }

    private enum Key: String, CaseIterable { case name, description, source, tasks }

    /// A name that can be a file's: results are recorded under it.
    static func slug(_ value: YAMLValue) throws(Diagnostic) -> String {
        let name = try value.text()
        guard name.utf8.count <= 64, name.utf8.first != UInt8(ascii: "."),
            name.utf8.allSatisfy({ "abcdefghijklmnopqrstuvwxyz0123456789-_.".utf8.contains($0) })
        else {
            throw Diagnostic(
                "suite.name", "this cannot be a name", at: value.location,
                expected: "at most 64 lower-case letters, digits, -, _ and .", found: name)
        }
        return name
    }
}
