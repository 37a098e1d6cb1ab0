import Diagnostics
import Foundation
import Notebooks

/// What has come of some notebooks.
struct NotebookTally {
    private(set) var complaints: [String] = []
    private(set) var commands = 0
    /// Blocks that were skipped, by what they lack, in the order of the first of each.
    private(set) var skipped: [(lacks: String, blocks: Int)] = []
    private var written: Set<String> = []

    /// What skipped blocks lack.
    var lacking: [String] { skipped.map(\.lacks) }

    mutating func run(
        _ notebook: Notebook, _ surroundings: NotebookRun.Surroundings
    ) throws(Diagnostic) -> NotebookRun {
        if Console.showsProgress { Console.progress("\(notebook.path): \(notebook.commands.count) commands") }
        let result = try NotebookRun(notebook, in: surroundings)
        if Console.showsProgress { Console.endProgress() }
        commands += result.commandsRun
        for block in result.skipped {
            Console.note("\(notebook.path):\(block.line): skipped, for want of \(block.lacks)")
            if let known = skipped.firstIndex(where: { $0.lacks == block.lacks }) {
                skipped[known].blocks += 1
            } else {
                skipped.append((block.lacks, 1))
            }
        }
        for figure in result.figures { written.insert(Self.standard("\(result.figuresFolder)/\(figure.name)")) }
        return result
    }

    mutating func complain(_ text: String) {
        complaints.append(text)
        Console.print(text.hasSuffix("\n") ? String(text.dropLast()) : text)
    }

    /// Figures of a folder of notebooks that none of them has written.
    func unwritten(below folder: String) -> [String] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder + "/figures")) ?? []).sorted()
        // What a skipped block would have written, nobody knows.
        guard skipped.isEmpty else { return [] }
        return names.filter { !$0.hasPrefix(".") }.map { "\(folder)/figures/\($0)" }.filter {
            !written.contains(Self.standard($0))
        }
    }

    private static func standard(_ path: String) -> String { URL(fileURLWithPath: path).standardizedFileURL.path }

    /// How much was done, in words.
    func text(of notebooks: Int) -> String {
        let lacking = skipped.map { "\($0.blocks) block\($0.blocks == 1 ? "" : "s") skipped for want of \($0.lacks), " }
        return "\(commands) command\(commands == 1 ? "" : "s") of \(notebooks) notebook\(notebooks == 1 ? "" : "s"): "
            + lacking.joined()
    }
}
