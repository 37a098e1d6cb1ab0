import Diagnostics
import Foundation

/// A Markdown file whose `console` blocks are transcripts: commands, and what they print.
///
/// ````markdown
/// ```console needs=mpirun timeout=120
/// $ serre train nano --processes 2 --quiet
/// ...
/// digest  sha256:88e0 (glob)
/// ```
/// ````
/// Everything outside those blocks stays as it is, byte for byte.
public struct Notebook: Sendable {
    /// Path of the file.
    public let path: String
    /// The file cut at its line feeds.
    public let lines: [String]
    public let blocks: [NotebookBlock]

    /// All commands, in order.
    public var commands: [NotebookCommand] { blocks.flatMap(\.commands) }

    /// Reads a notebook; throws `notebook.read`, `notebook.fence`, `notebook.option` or `notebook.command` with the line.
    public init(reading path: String) throws(Diagnostic) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Diagnostic("notebook.read", "the notebook cannot be read", at: .init(file: path))
        }
        guard let text = String(validating: data, as: UTF8.self) else {
            throw Diagnostic("notebook.read", "the notebook is not UTF-8", at: .init(file: path))
        }
        try self.init(text, path: path)
    }

    init(_ text: String, path: String) throws(Diagnostic) {
        self.path = path
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
        var blocks: [NotebookBlock] = []
        var open: (fence: Substring, line: Int, options: NotebookBlock.Options?)?
        for (number, line) in lines.enumerated() {
            let bare = line.drop { $0 == " " }
            let fence = bare.prefix { $0 == "`" }
            if let begun = open {
                guard bare.allSatisfy({ $0 == "`" || $0 == " " }), fence.count >= begun.fence.count else { continue }
                if let options = begun.options {
                    blocks.append(try Self.block(lines, begun.line + 1..<number, options, path))
                }
                open = nil
            } else if fence.count >= 3 {
                let words = bare.dropFirst(fence.count).split(separator: " ")
                let options: NotebookBlock.Options? =
                    words.first == "console"
                    ? try .init(words.dropFirst().map(String.init), at: .init(file: path, line: number + 1)) : nil
                open = (fence, number, options)
            }
        }
        if let open {
            throw Diagnostic(
                "notebook.fence", "a fence is not closed", at: .init(file: path, line: open.line + 1),
                expected: "\(open.fence) on a line of its own")
        }
        self.blocks = blocks
    }

    /// The commands of a block: `$ ` begins one, `> ` right below goes on with it, all else is what it prints.
    private static func block(
        _ lines: [String], _ range: Range<Int>, _ options: NotebookBlock.Options, _ path: String
    ) throws(Diagnostic) -> NotebookBlock {
        var commands: [NotebookCommand] = []
        var goesOn = false
        for number in range {
            let line = lines[number]
            if line.hasPrefix("$ ") {
                commands.append(NotebookCommand(line: number + 1, stated: [line]))
                goesOn = true
            } else if commands.isEmpty {
                throw Diagnostic(
                    "notebook.command", "a block begins with a command", at: .init(file: path, line: number + 1),
                    expected: "“$ command”", found: "“\(line)”")
            } else if goesOn, line.hasPrefix("> ") {
                commands[commands.count - 1].stated.append(line)
            } else {
                if goesOn, commands[commands.count - 1].stated.last?.hasSuffix("\\") ?? false {
                    throw Diagnostic(
                        "notebook.command", "the command of the line before goes on",
                        at: .init(file: path, line: number + 1), expected: "“> …”", found: "“\(line)”")
                }
                goesOn = false
                commands[commands.count - 1].recorded.append(line)
            }
        }
        for command in commands where !command.recorded.isEmpty && command.recorded.allSatisfy({ $0 == "..." }) {
            throw Diagnostic(
                "notebook.command", "nothing of this command's output is looked at",
                at: .init(file: path, line: command.line), expected: "a line beside “...”",
                remedy: "keep a line that must be there, or send the output to /dev/null")
        }
        return NotebookBlock(options: options, commands: commands)
    }
}

/// A block of commands that run one after the other.
public struct NotebookBlock: Sendable {
    public let options: Options
    public let commands: [NotebookCommand]

    /// What the words after `console` ask for.
    public struct Options: Sendable, Equatable {
        /// Programs that must be on the search path, or `net` for a network; without one of them the block is skipped.
        public var needs: [String] = []
        /// Seconds that a command may take.
        public var timeout = 60

        init(_ words: [String], at place: Diagnostic.Location) throws(Diagnostic) {
            for word in words {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                switch parts[0] {
                case "needs" where parts.count == 2 && !parts[1].isEmpty:
                    needs += parts[1].split(separator: ",").map(String.init)
                case "timeout":
                    guard parts.count == 2, let seconds = Int(parts[1]), (1...86400).contains(seconds) else {
                        throw Diagnostic(
                            "notebook.option", "the timeout is no number of seconds", at: place,
                            expected: "timeout=1 to timeout=86400", found: word)
                    }
                    timeout = seconds
                default:
                    throw Diagnostic(
                        "notebook.option", "unknown word after console", at: place,
                        expected: "needs=PROGRAM,… or timeout=SECONDS", found: word,
                        remedy: nearestWord(to: parts[0], among: ["needs", "timeout"]).map { "did you mean \($0)=?" })
                }
            }
        }
    }
}

/// A command of a notebook, with what it printed when it was recorded.
public struct NotebookCommand: Sendable, Equatable {
    /// Number of its first line in the file, from 1.
    public let line: Int
    /// Its lines as they stand in the file, with `$ ` and `> `.
    public var stated: [String]
    /// The lines below it.
    public var recorded: [String] = []

    /// What bash gets.
    public var text: String { stated.map { String($0.dropFirst(2)) }.joined(separator: "\n") }
}
