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

    public var isAsRecorded: Bool { lines == notebook.lines }

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
    /// Of this process's environment only HOME is passed on; SERRE_HOME is the notebook's repository. Throws
    /// `program.missing` without bash or timeout.
    public init(_ notebook: Notebook, in surroundings: Surroundings) throws(Diagnostic) {
        self.notebook = notebook
        lines = []
        let home = Self.repository(of: notebook.path)
        let folder = try Self.emptyFolder()
        defer { try? FileManager.default.removeItem(atPath: folder) }
        let shell = try Shell(
            folder: folder, home: home,
            path: "\(surroundings.programs):/usr/local/bin:/usr/bin:/bin")
        var last = 0
        for block in notebook.blocks {
            if let lacks = Self.lacks(block.options.needs, surroundings) {
                skipped.append((block.commands.first?.line ?? 0, lacks))
                continue
            }
            for command in block.commands {
                let begin = command.line - 1 + command.stated.count
                lines += notebook.lines[last..<begin]
                let printed = try shell.run(command.text, seconds: block.options.timeout)
                commandsRun += 1
                lines += OutputPattern(recorded: command.recorded).accepts(printed) ? command.recorded : printed
                last = begin + command.recorded.count
            }
        }
        lines += notebook.lines[last...]
        figures = Self.files(in: folder + "/figures")
    }

    private static func lacks(_ needs: [String], _ surroundings: Surroundings) -> String? {
        needs.first { $0 == "net" ? !surroundings.hasNetwork : SystemProgram(named: $0) == nil }
    }

    private static func emptyFolder() throws(Diagnostic) -> String {
        let folder = NSTemporaryDirectory() + "serre-notebook-\(UUID().uuidString.prefix(8))"
        do {
            try FileManager.default.createDirectory(atPath: folder + "/figures", withIntermediateDirectories: true)
        } catch {
            throw Diagnostic(
                "notebook.folder", "cannot make a folder to run in", at: .init(file: folder),
                remedy: "name another place with TMPDIR", kind: .failure)
        }
        return URL(fileURLWithPath: folder).resolvingSymlinksInPath().path
    }

    private static func files(in folder: String) -> [(name: String, bytes: Data)] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        return names.compactMap { name in FileManager.default.contents(atPath: "\(folder)/\(name)").map { (name, $0) } }
    }

    /// The folder above a file that git knows, or else the file's own.
    static func repository(of path: String) -> String {
        let own = URL(fileURLWithPath: path).standardizedFileURL.deletingLastPathComponent().path
        var folder = own
        while folder != "/" {
            if FileManager.default.fileExists(atPath: folder + "/.git") { return folder }
            folder = URL(fileURLWithPath: folder).deletingLastPathComponent().path
        }
        return own
    }
}

/// Runs commands as a notebook does.
private struct Shell {
    private let folder: String
    private let home: String
    private let environment: [String: String?]
    private let timeout: SystemProgram

    init(folder: String, home: String, path: String) throws(Diagnostic) {
        (self.folder, self.home) = (folder, home)
        timeout = try SystemProgram("timeout", package: "coreutils")
        _ = try SystemProgram("bash", package: "bash")
        var environment: [String: String?] = [:]
        let known = ProcessInfo.processInfo.environment
        for name in known.keys { environment[name] = .some(nil) }
        for (name, value) in [
            "HOME": known["HOME"] ?? "/", "PATH": path, "SERRE_HOME": home, "LC_ALL": "C.UTF-8", "TZ": "UTC",
            "COLUMNS": "100", "NO_COLOR": "1",
        ] { environment[name] = value }
        self.environment = environment
    }

    /// What a command prints on both of its outputs, as lines, with `[status]` where that is not 0.
    func run(_ command: String, seconds: Int) throws(Diagnostic) -> [String] {
        // Standard error joins standard output before the shell reads the command: its own complaints count too.
        let outcome = try timeout.run(
            ["-k", "5", "\(seconds)", "bash", "-c", "exec bash -c \"$1\" 2>&1", "bash", command], in: folder,
            environment: environment)
        if outcome.status == 124 { return ["[took longer than \(seconds) s]"] }
        // No path of this machine gets into a notebook.
        let text = outcome.output.replacingOccurrences(of: folder, with: ".")
            .replacingOccurrences(of: home, with: "$SERRE_HOME")
        var lines = text.split(separator: "\n", omittingEmptySubsequences: false).map { line in
            String(line.replacing(/[ \t\r]+$/, with: ""))
        }
        if lines.last?.isEmpty ?? false { lines.removeLast() }
        return lines + (outcome.status == 0 ? [] : ["[\(outcome.status)]"])
    }
}
