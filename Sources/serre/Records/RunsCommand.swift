import ArgumentParser
import Diagnostics
import Foundation
import Ledger

struct RunsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "runs",
        abstract: "The ledger: runs recorded in the git repository around the current folder.",
        discussion: """
            Example:
              serre runs list
            """,
        subcommands: [
            List.self, Show.self, Diff.self, Verify.self, Replay.self, Bisect.self, Push.self, Fetch.self, Export.self,
            Plot.self, Timestamp.self,
        ])

    struct Show: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Show one record: what ran, where, with which data, and its events.",
            discussion: "Example:\n  serre runs show latest")
        @Argument(help: "A run id, a part of one, or latest.", completion: .recordedRun)
        var id = "latest"
        @OptionGroup var place: LedgerPlace
        @Flag(help: "Print JSON.")
        var json = false

        func run() throws {
            let ledger = try place.open()
            let run = try ledger.find(id)
            let record = try ledger.read(run)
            let environment = try ledger.file(run, "environment.json").map { String(decoding: $0, as: UTF8.self) }
            let text = RecordText(record, environment: environment, suites: try ledger.suites(run))
            if json { return Console.print(try text.json()) }
            text.lines.forEach(Console.print)
        }
    }
}

/// Which repository's ledger to read.
struct LedgerPlace: ParsableArguments {
    @Option(name: .customLong("repository"), help: "Folder inside the git repository to read.", completion: .directory)
    var repository = "."

    func open() throws(Diagnostic) -> Ledger {
        guard let ledger = try Ledger.open(enclosing: repository) else {
            throw Diagnostic(
                "ledger.no-repository", "no git repository encloses this folder", at: .init(file: repository),
                remedy: "go to the repository in which the run was made, or name its ledger.git with --repository")
        }
        return ledger
    }
}
