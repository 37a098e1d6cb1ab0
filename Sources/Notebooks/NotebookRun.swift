import Diagnostics
import Foundation
import Storage

/// A notebook whose blocks have been run: how it would read now, and what became of its figures.
public struct NotebookRun {
    public let notebook: Notebook
    /// The lines of the file with what the commands print now; where the recorded output accepts that, as it was.
    public private(set) var lines: [String]
    /// Blocks that were not run, with what they lack.
    public private(set) var skipped: [(line: Int, lacks: String)] = []
    public private(set) var commandsRun = 0
    /// Names and bytes of the files that the commands wrote under `figures/`, sorted by name.
    public private(set) var figures: [(name: String, bytes: Data)] = []

    public var isAsRecorded: Bool {
        lines.count == notebook.lines.count && zip(lines, notebook.lines).allSatisfy { $0.utf8.elementsEqual($1.utf8) }
    }

    /// Where commands run, and with what.
    public struct Surroundings: Sendable {
        /// The folder of the `serre` that notebooks mean.
        public var programs: String
        /// Whether blocks that need a network are run.
        public var hasNetwork: Bool

        public init(programs: String, hasNetwork: Bool = false) {
            self.programs = programs
            self.hasNetwork = hasNetwork
        }
    }

    /// Runs the blocks in order in one empty folder, each command in a bash of its own.
    ///
    /// Of this process's environment HOME, PATH, SERRE_SHARE and LD_LIBRARY_PATH are passed on; SERRE_HOME is the
    /// notebook's repository. Throws `program.missing` without bash, timeout or setsid, and `notebook.figure`.
    public init(_ notebook: Notebook, in surroundings: Surroundings) throws(Diagnostic) {
        self.notebook = notebook
        lines = []
        let shell = try NotebookShell(home: Self.repository(of: notebook.path), programs: surroundings.programs)
        var last = 0
        for block in notebook.blocks {
            if let lacks = Self.lacks(block.options.needs, surroundings) {
                skipped.append((block.commands.first?.line ?? 0, lacks))
                continue
            }
            for command in block.commands {
                let begin = command.line - 1 + command.stated.count
                let end = begin + command.recorded.count
                lines += notebook.lines[last..<begin]
                let printed = try shell.run(command.text, seconds: block.options.timeout)
                commandsRun += 1
                lines +=
                    OutputPattern(recorded: command.recorded).accepts(printed)
                    ? Array(notebook.lines[begin..<end]) : printed.map { $0.indented(by: block.indent) }
                last = end
            }
        }
        lines += notebook.lines[last...]
        figures = try Self.figures(in: shell.folder + "/figures", of: notebook)
    }

    private static func lacks(_ needs: [String], _ surroundings: Surroundings) -> String? {
        needs.first { $0 == "net" ? !surroundings.hasNetwork : SystemProgram(named: $0) == nil }
    }

    private static func figures(
        in folder: String, of notebook: Notebook
    ) throws(Diagnostic) -> [(name: String, bytes: Data)] {
        var found: [(name: String, bytes: Data)] = []
        for name in ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        where !name.hasPrefix(".") {
            let kind =
                try? FileManager.default.attributesOfItem(atPath: "\(folder)/\(name)")[.type] as? FileAttributeType
            guard kind == .typeRegular, let bytes = FileManager.default.contents(atPath: "\(folder)/\(name)") else {
                throw Diagnostic(
                    "notebook.figure", "figures/\(name) is no plain file, and cannot be kept",
                    at: .init(file: notebook.path), expected: "files right below figures/")
            }
            found.append((name, bytes))
        }
        return found
    }

    /// The folder above a file that git knows, or else the file's own.
    static func repository(of path: String) -> String {
        let own = URL(fileURLWithPath: path).standardizedFileURL.resolvingSymlinksInPath().deletingLastPathComponent()
            .path
        var folder = own
        while folder != "/" {
            if FileManager.default.fileExists(atPath: folder + "/.git") { return folder }
            folder = URL(fileURLWithPath: folder).deletingLastPathComponent().path
        }
        return own
    }
}
