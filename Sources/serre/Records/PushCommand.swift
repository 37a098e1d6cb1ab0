import ArgumentParser
import Diagnostics
import Ledger

extension RunsCommand {
    struct Push: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Send records to another git repository, which plain git push does not.",
            discussion: """
                Example:
                  serre runs push origin

                Uses git with the refspec refs/serre/runs/*:refs/serre/runs/*, and changes no configuration. Nothing is \
                forced: a run of which the remote has other events is refused. Checkpoints are not sent: see serre store.
                """)

        @OptionGroup var arguments: RemoteArguments

        func run() throws {
            let ledger = try arguments.place.open()
            let runs = try arguments.runs.map { try ledger.find($0) }
            let items = try RunExchange(ledger, remote: arguments.remote).push(runs)
            try ExchangeText(items, verb: "Sent").print(json: arguments.json, remote: arguments.remote)
        }
    }
}
