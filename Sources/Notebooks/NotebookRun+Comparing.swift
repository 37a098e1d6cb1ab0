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
            "-u", "--label", "\(name) recorded", "--label", "\(name) now", place + ".a", place + ".b",
        ]).output
    }

    /// Writes what the commands print now into the notebook, and their figures beside it; whether anything changed.
    public func update() throws(Diagnostic) -> Bool {
        let changed = changedFigures
        if !changed.isEmpty { try SystemFiles().makeFolder(figuresFolder) }
        for figure in figures where changed.contains(figure.name) {
            try AtomicFile.write(Array(figure.bytes), to: "\(figuresFolder)/\(figure.name)")
        }
        if isAsRecorded { return !changed.isEmpty }
        try AtomicFile.write(lines.joined(separator: "\n"), to: notebook.path)
        return true
    }
}
