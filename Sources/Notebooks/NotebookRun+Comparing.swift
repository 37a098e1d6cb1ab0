import Diagnostics
import Foundation
import Integrity
import Storage

extension NotebookRun {
    /// The folder beside the notebook that keeps its figures.
    public var figuresFolder: String {
        URL(fileURLWithPath: notebook.path).deletingLastPathComponent().appendingPathComponent("figures").path
    }

    /// Figures that differ from those kept, or are not kept yet.
    public var changedFigures: [String] {
        figures.filter { FileManager.default.contents(atPath: "\(figuresFolder)/\($0.name)") != $0.bytes }.map(\.name)
    }

    /// What differs between the notebook as it is and as it would be now, as a unified diff.
    public func difference() throws(Diagnostic) -> String {
        let place = NSTemporaryDirectory() + "serre-notebook-\(UUID().uuidString.prefix(8))"
        defer { for side in ["a", "b"] { unlink("\(place).\(side)") } }
        try AtomicFile.write(notebook.lines.joined(separator: "\n"), to: place + ".a")
        try AtomicFile.write(lines.joined(separator: "\n"), to: place + ".b")
        let name = URL(fileURLWithPath: notebook.path).lastPathComponent
        let program = try SystemProgram("diff", package: "diffutils")
        return try program.run([
            "-a", "-u", "--label", "\(name) recorded", "--label", "\(name) now", place + ".a", place + ".b",
        ]).output
    }

    /// Writes what the commands print now into the notebook, and their figures beside it; whether anything changed.
    ///
    /// Throws `notebook.output`, and writes nothing, where what is printed would be read as something else.
    public func update() throws(Diagnostic) -> Bool {
        try checkReading()
        let changed = changedFigures
        if !changed.isEmpty { try SystemFiles().makeFolder(figuresFolder) }
        for figure in figures where changed.contains(figure.name) {
            try AtomicFile.write(Array(figure.bytes), to: "\(figuresFolder)/\(figure.name)")
        }
        if isAsRecorded { return !changed.isEmpty }
        // The file that a link leads to, with the permissions that it has.
        let path = URL(fileURLWithPath: notebook.path).resolvingSymlinksInPath().path
        let mode = try? FileManager.default.attributesOfItem(atPath: path)[.posixPermissions]
        try AtomicFile.write(lines.joined(separator: "\n"), to: path)
        if let mode { try? FileManager.default.setAttributes([.posixPermissions: mode], ofItemAtPath: path) }
        return true
    }

    /// The notebook as it would be must have the same commands: none that a command printed.
    private func checkReading() throws(Diagnostic) {
        let now: Notebook?
        do throws(Diagnostic) {
            now = try Notebook(lines.joined(separator: "\n"), path: notebook.path)
        } catch {
            now = nil
        }
        guard now?.commands.map(\.text) == notebook.commands.map(\.text) else {
            let commands = notebook.commands
            let first = zip(commands, now?.commands ?? []).first { $0.text != $1.text }?.0 ?? commands.last
            throw Diagnostic(
                "notebook.output", "a command prints lines that a notebook would read as commands or as a fence",
                at: .init(file: notebook.path, line: first?.line), found: first.map { "near “\($0.stated[0])”" },
                remedy: "let it print something else, for example through sed 's/^/  /'; nothing was written")
        }
    }
}
