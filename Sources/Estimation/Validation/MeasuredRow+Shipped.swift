import Diagnostics
import Foundation
import TypedYAML

extension MeasuredRow {
    /// The rows that come with Serre, file by file in the order of their names.
    ///
    /// Throws `rows.not-found` if the files are not there.
    public static func shipped() throws(Diagnostic) -> [MeasuredRow] {
        let folder = try folder()
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        var rows: [MeasuredRow] = []
        for name in names.sorted() where name.hasSuffix(".csv") { rows += try read("\(folder)/\(name)").rows }
        return rows
    }

    /// The file with the ids of the shipped rows that constants of the shipped profiles were fitted to.
    public static func fittedFile() throws(Diagnostic) -> String { try folder() + "/fitted.txt" }

    /// The ids in a file, one a line; what follows a # is a remark.
    ///
    /// Throws `rows.unknown-id` for one that none of `rows` has.
    public static func ids(in path: String, among rows: [MeasuredRow]) throws(Diagnostic) -> Set<String> {
        guard let data = FileManager.default.contents(atPath: path), let text = String(bytes: data, encoding: .utf8)
        else { throw Diagnostic("rows.unreadable", "the file cannot be read as text", at: .init(file: path)) }
        let known = Set(rows.map(\.id))
        var ids: Set<String> = []
        for (index, line) in text.split(omittingEmptySubsequences: false, whereSeparator: \.isNewline).enumerated() {
            let id = line.prefix { $0 != "#" }.trimmingCharacters(in: .whitespaces)
            guard !id.isEmpty else { continue }
            guard known.contains(id) else {
                throw Diagnostic(
                    "rows.unknown-id", "there is no row of this id", at: .init(file: path, line: index + 1),
                    found: "\"\(id)\"", remedy: nearestWord(to: id, among: known.sorted()).map { "did you mean \($0)?" }
                )
            }
            ids.insert(id)
        }
        return ids
    }

    private static func folder() throws(Diagnostic) -> String {
        guard let folder = SharedFiles().folder(of: .measurements) else {
            throw Diagnostic(
                "rows.not-found", "the measured rows that come with Serre are not there",
                remedy: "set SERRE_SHARE to the folder that holds Serre's shared files, or pass --rows")
        }
        return folder
    }
}
