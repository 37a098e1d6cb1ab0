import ArgumentParser
import Diagnostics
import Exports
import Integrity
import Ledger

extension RunsCommand {
    struct Export: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Write one record in a format that other tools read.",
            discussion: """
                Examples:
                  serre runs export latest --format csv -o metrics.csv
                  serre runs export latest --format ro-crate -o crate
                  serre runs export latest --format tensorboard -o tb && tensorboard --logdir tb

                Formats: json (the whole record), csv (a row per step, exact values), jsonl (the \
                same as JSON lines, for pandas, Arrow or DuckDB, and so for Parquet), prov (W3C PROV-JSON), ro-crate (a \
                folder: Process Run Crate 0.5), slsa (in-toto Statement v1 with SLSA Provenance v1, unsigned), tensorboard (a \
                folder with a folder per run; export again to bring a run that goes on up to date).

                An export says what the record says. The record can be falsified by replaying the run (serre runs \
                replay); it does not prove that the machine was honest.
                """)
        @Argument(help: "A run id, a part of one, or latest.", completion: .recordedRun)
        var id = "latest"
        @Option(help: "The format.")
        var format = ExportFormat.json
        @Option(
            name: .shortAndLong,
            help: "File to write, or folder for ro-crate and tensorboard, which need one (default: standard output).",
            completion: .file())
        var output: String?
        @Option(help: "URL of the licence that a ro-crate states (default: says that none is stated).")
        var license: String?
        @Flag(help: "Replace a crate that is there.")
        var replace = false
        @OptionGroup var place: LedgerPlace

        func validate() throws {
            if format == .roCrate || format == .tensorboard, output == nil {
                throw ValidationError("--format \(format.rawValue) writes a folder: name it with -o.")
            }
            if format != .roCrate, license != nil || replace {
                throw ValidationError("--license and --replace are for --format ro-crate.")
            }
        }

        func run() throws {
            let ledger = try place.open()
            let run = try ExportedRun(ledger.find(id), from: ledger)
            if let output, format == .roCrate {
                return try run.writeROCrate(to: output, license: license, replace: replace)
            }
            if let output, format == .tensorboard { return Console.print(try run.writeTensorBoard(to: output)) }
            let text =
                switch format {
                case .json: try run.jsonDocument()
                case .csv: run.csv()
                case .jsonl: run.jsonLines()
                case .prov: try run.provDocument()
                case .slsa, .roCrate, .tensorboard: try run.slsaStatement()
                }
            if let output { return try AtomicFile.write(text, to: output) }
            Console.print(String(text.dropLast()))
        }
    }
}

/// The formats of `serre runs export`.
enum ExportFormat: String, ExpressibleByArgument, CaseIterable {
    case json, csv, jsonl, prov, slsa, tensorboard
    case roCrate = "ro-crate"
}
