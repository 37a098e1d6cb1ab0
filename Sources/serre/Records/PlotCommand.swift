import ArgumentParser
import Diagnostics
import Integrity
import Ledger
import Pages

extension RunsCommand {
    struct Plot: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Draw one run's loss as a picture: steps, their mean, held-out measures, resumes.",
            discussion: """
                Examples:
                  serre runs plot latest -o loss.svg
                  serre runs plot latest --language fr -o loss-fr.svg

                The picture is an SVG file without script that follows a light or dark screen; the same record gives the same \
                bytes. serre report writes a page with every curve.
                """)
        @Argument(help: "A run id, a part of one, or latest.", completion: .recordedRun)
        var id = "latest"
        @Option(name: .shortAndLong, help: "The file to write.", completion: .file())
        var output: String
        @Option(help: "Held-out measures of this language (default: the mean and the range of all).")
        var language: String?
        @OptionGroup var place: LedgerPlace

        func run() throws {
            let ledger = try place.open()
            let shown = try PageRun(ledger.find(id), from: ledger)
            try AtomicFile.write(try shown.lossPicture(language: language), to: output)
            Console.note("Wrote \(output): \(shown.id).")
        }
    }
}
