import ArgumentParser
import Diagnostics
import Foundation
import Notebooks

/// `serre notebook`: Markdown whose commands are run and whose outputs are checked.
struct NotebooksCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "notebook",
        abstract: "Run a Markdown notebook's blocks, and compare or rewrite what they recorded.",
        discussion: """
            Examples:
              serre notebook check report.md
              serre notebook update notebooks-md

            A block is a fence whose first word is console: lines “$ command” (it goes on in lines “> …” right below), each \
            followed by what it prints, standard error included; a last line “[N]” is an exit status that is not 0. Blocks run \
            in order in one empty folder, each command in a bash of its own with serre on the path; files that they write \
            under figures/ are kept beside the notebook. Nothing else in the file is executed or changed.

            After console may stand needs=PROGRAM,… (skipped where one is missing; net needs --network) and timeout=SECONDS \
            (60). A recorded line “...” accepts any lines; a line that ends in (glob), (re) or (≈ 1e-3) accepts what fits.
            """,
        subcommands: [Check.self, Update.self, List.self])

    /// What the subcommands are given.
    struct Files: ParsableArguments {
        @Argument(
            help: "Notebooks, or folders of them: then figures that none of them draws are found, too.",
            completion: .file(extensions: ["md"]))
        var files: [String]

        @Flag(help: "Run blocks that need a network.")
        var network = false

        /// The notebooks to run, and the folders that were named.
        func notebooks() throws(Diagnostic) -> (all: [Notebook], folders: [String]) {
            var (all, folders): ([Notebook], [String]) = ([], [])
            for name in files {
                var isFolder: ObjCBool = false
                guard FileManager.default.fileExists(atPath: name, isDirectory: &isFolder), isFolder.boolValue else {
                    all.append(try Notebook(reading: name))
                    continue
                }
                folders.append(name)
                let names = ((try? FileManager.default.contentsOfDirectory(atPath: name)) ?? []).sorted()
                let notebooks = names.filter { $0.hasSuffix(".md") }
                guard !notebooks.isEmpty else {
                    throw Diagnostic(
                        "notebook.none", "the folder holds no notebook", at: .init(file: name),
                        expected: "files whose names end in .md")
                }
                for file in notebooks { all.append(try Notebook(reading: "\(name)/\(file)")) }
            }
            return (all, folders)
        }

        var surroundings: NotebookRun.Surroundings {
            let own = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
            return .init(
                programs: URL(fileURLWithPath: own).deletingLastPathComponent().path, hasNetwork: network)
        }
    }

    struct Check: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the blocks, say what differs, and write nothing.",
            discussion: """
                Example:
                  serre notebook check notebooks-md

                Exit status 1 when anything differs from what is recorded.
                """)

        @OptionGroup var files: Files

        @Option(
            help: ArgumentHelp(
                "Fail where a block is skipped for want of this; may be repeated (default: none).", valueName: "program"
            ))
        var require: [String] = []

        func run() throws {
            let (notebooks, folders) = try files.notebooks()
            var tally = NotebookTally()
            for notebook in notebooks {
                let result = try tally.run(notebook, files.surroundings)
                if !result.isAsRecorded { tally.complain(try result.difference()) }
                for figure in result.changedFigures {
                    tally.complain("\(result.figuresFolder)/\(figure) is not what \(name(notebook)) draws now")
                }
            }
            for folder in folders {
                for figure in tally.unwritten(below: folder) { tally.complain("no block writes \(figure)") }
            }
            for lacking in tally.lacking where require.contains(lacking) {
                tally.complain("blocks were skipped for want of \(lacking), which is required")
            }
            Console.print(
                tally.text(of: notebooks.count) + (tally.complaints.isEmpty ? "as recorded" : "not as recorded"))
            if !tally.complaints.isEmpty { throw ExitCode(1) }
        }

        private func name(_ notebook: Notebook) -> String { URL(fileURLWithPath: notebook.path).lastPathComponent }
    }

    struct Update: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run the blocks and write what they print.",
            discussion: """
                Example:
                  serre notebook update notebooks-md/a-first-run.md

                Recorded outputs that accept what is printed stay as they are.
                """)

        @OptionGroup var files: Files

        func run() throws {
            let notebooks = try files.notebooks().all
            var tally = NotebookTally()
            for notebook in notebooks {
                if try tally.run(notebook, files.surroundings).update() { Console.print("\(notebook.path): rewritten") }
            }
            Console.print(tally.text(of: notebooks.count) + "recorded")
        }
    }

    struct List: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Print the commands of the blocks, without running them.",
            discussion: """
                Example:
                  serre notebook list notebooks-md/a-first-run.md
                """)

        @OptionGroup var files: Files

        func run() throws {
            for command in try files.notebooks().all.flatMap(\.commands) {
                Console.print(command.stated.joined(separator: "\n"))
            }
        }
    }
}
