import ArgumentParser
import Diagnostics
import Ledger

extension RunsCommand {
    struct Fetch: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fetch records from another git repository, which plain git fetch does not.",
            discussion: """
                Example:
                  serre runs fetch origin

                Uses git with the refspec refs/serre/runs/*:refs/serre/runs/*. Nothing is forced: a run of which both sides \
                have other events is refused and stays as it is. With --configure, plain git fetch brings runs from then on.
                """)

        @OptionGroup var arguments: RemoteArguments
        @Flag(help: "Add the refspec to the remote's configuration, so that plain git fetch brings runs too.")
        var configure = false

        func run() throws {
            let exchange = try RunExchange(try arguments.place.open(), remote: arguments.remote)
            if configure {
                let line = try exchange.configure()
                Console.note(line.map { "Added to the repository's configuration: \($0)" } ?? "Configured already.")
            }
            let items = try exchange.fetch(arguments.runs)
            try ExchangeText(items, verb: "Fetched").print(json: arguments.json, remote: arguments.remote)
        }
    }
}
