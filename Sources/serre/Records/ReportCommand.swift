import ArgumentParser
import Diagnostics
import Foundation
import Integrity
import Ledger
import Pages

struct ReportCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "report",
        abstract: "Write a page of one run, or of several over each other, that any browser opens from the disk.",
        discussion: """
            Examples:
              serre report latest -o run.html
              serre report 3f9a 81c2 -o compared.html

            The page is one file with curves of loss, gradient norm, learning rate and speed against steps, tokens, samples \
            or time, validation by language, energy, checkpoints, incidents and restarts. It needs no network and \
            fetches nothing. While a run goes on, write it again to see it further, or follow it with serre watch.
            """)
    @Argument(help: "Run ids, parts of them, or latest.", completion: .recordedRun)
    var runs = ["latest"]
    @Option(name: .shortAndLong, help: "The file to write.", completion: .file())
    var output: String
    @OptionGroup var place: LedgerPlace

    func validate() throws {
        if runs.isEmpty { throw ValidationError("Name at least one run, or latest.") }
    }

    func run() throws {
        let ledger = try place.open()
        let ids = try RunChoice.ids(runs, in: ledger)
        let shown = try ids.map { (id) throws(Diagnostic) in
            try PageRun(id, from: ledger, yardstick: RunYardstick.read)
        }
        try AtomicFile.write(try RunPage(shown, written: Date()).html, to: output)
        Console.note("Wrote \(output): \(ids.count == 1 ? ids[0].text : "\(ids.count) runs").")
    }
}
