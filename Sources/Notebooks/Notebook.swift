import Diagnostics
import Foundation

/// A Markdown file whose `console` blocks are transcripts: commands, and what they print.
///
/// ````markdown
/// ```console needs=mpirun timeout=120
/// $ serre train nano --processes 2
/// ...
/// digest  sha256:88e0* (glob)
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
        let lines = cutAtLineFeeds(text)
        self.lines = lines
        if let number = lines.firstIndex(where: { $0.utf8.last == 13 }) {
            throw Diagnostic(
                "notebook.read", "the notebook has the line ends of Windows", at: .init(file: path, line: number + 1),
                expected: "line feeds alone", remedy: "convert it, for example with dos2unix")
        }
        var blocks: [NotebookBlock] = []
        var open: (fence: Fence, line: Int, options: NotebookBlock.Options?)?
        for (number, line) in lines.enumerated() {
            if let begun = open {
                guard begun.fence.isClosed(by: line) else { continue }
                if let options = begun.options {
                    blocks.append(try Self.block(lines, begun.line + 1..<number, begun.fence.indent, options, path))
                }
                open = nil
            } else if let fence = Fence(opening: line) {
                let options: NotebookBlock.Options? =
                    fence.words.first == "console"
                    ? try .init(Array(fence.words.dropFirst()), at: .init(file: path, line: number + 1)) : nil
                open = (fence, number, options)
            }
        }
        if let open {
            throw Diagnostic(
                "notebook.fence", "a fence is not closed", at: .init(file: path, line: open.line + 1),
                expected: "\(open.fence.marks) on a line of its own")
        }
        self.blocks = blocks
    }

    /// The commands of a block: `$ ` begins one, `> ` right below goes on with it, all else is what it prints.
    private static func block(
        _ lines: [String], _ range: Range<Int>, _ indent: Int, _ options: NotebookBlock.Options, _ path: String
    ) throws(Diagnostic) -> NotebookBlock {
        var commands: [NotebookCommand] = []
        var goesOn = false
        func malformed(_ message: String, _ number: Int, expected: String) -> Diagnostic {
            Diagnostic(
                "notebook.command", message, at: .init(file: path, line: number + 1), expected: expected,
                found: range.contains(number) ? "“\(lines[number])”" : "none")
        }
        for number in range {
            let line = lines[number].withoutIndent(indent)
            if line.hasPrefix("$ ") {
                commands.append(NotebookCommand(line: number + 1, stated: [line]))
                goesOn = true
            } else if commands.isEmpty {
                throw malformed("a block begins with a command", number, expected: "“$ command”")
            } else if goesOn, line.hasPrefix("> ") {
                commands[commands.count - 1].stated.append(line)
            } else {
                if goesOn, commands[commands.count - 1].stated.last?.hasSuffix("\\") ?? false {
                    throw malformed("the command of the line before goes on", number, expected: "“> …”")
                }
                goesOn = false
                commands[commands.count - 1].recorded.append(line)
            }
        }
        if commands.isEmpty { throw malformed("a block without a command", range.upperBound, expected: "“$ command”") }
        for command in commands where !command.recorded.isEmpty && command.recorded.allSatisfy({ $0 == "..." }) {
            throw Diagnostic(
                "notebook.command", "nothing of this command's output is looked at",
                at: .init(file: path, line: command.line), expected: "a line beside “...”",
                remedy: "keep a line that must be there, or send the output to /dev/null")
        }
        return NotebookBlock(options: options, indent: indent, commands: commands)
    }
}

/// The first line of a fenced block (CommonMark 0.31.2, section 4.5).
private struct Fence {
    let indent: Int
    let marks: Substring
    let words: [String]

    init?(opening line: String) {
        let begin = line.unicodeScalars.first == "\u{FEFF}" ? line.dropFirst() : line[...]
        let bare = begin.drop { $0 == " " }
        guard let mark = bare.first, mark == "`" || mark == "~" else { return nil }
        marks = bare.prefix { $0 == mark }
        let rest = bare.dropFirst(marks.count)
        // Code within a paragraph begins with backticks, too.
        guard marks.count >= 3, mark == "~" || !rest.contains("`") else { return nil }
        indent = begin.count - bare.count
        words = rest.split(whereSeparator: \.isWhitespace).map(String.init)
    }

    func isClosed(by line: String) -> Bool {
        let bare = line.drop { $0 == " " }
        let closing = bare.prefix { $0 == marks.first }
        return closing.count >= marks.count && bare.dropFirst(closing.count).allSatisfy(\.isWhitespace)
    }
}

/// A block of commands that run one after the other.
public struct NotebookBlock: Sendable {
    public let options: Options
    /// Spaces before its fence, and before each of its lines.
    public let indent: Int
    public let commands: [NotebookCommand]
}

/// A command of a notebook, with what it printed when it was recorded.
public struct NotebookCommand: Sendable, Equatable {
    /// Number of its first line in the file, from 1.
    public let line: Int
    /// Its lines, with `$ ` and `> `.
    public var stated: [String]
    /// The lines below it.
    public var recorded: [String] = []

    /// What bash gets.
    public var text: String { stated.map { String($0.dropFirst(2)) }.joined(separator: "\n") }
}

/// A text cut at its line feeds; a carriage return before one stays at its line's end.
func cutAtLineFeeds(_ text: String) -> [String] {
    text.utf8.split(separator: 10, omittingEmptySubsequences: false).map { String(Substring($0)) }
}

extension String {
    /// The line without the spaces that its block is indented by, as far as it has them.
    fileprivate func withoutIndent(_ count: Int) -> String {
        String(dropFirst(prefix(count).prefix { $0 == " " }.count))
    }

    /// The line in an indented block.
    func indented(by count: Int) -> String { isEmpty ? self : String(repeating: " ", count: count) + self }
}
