import ArgumentParser
import Diagnostics
import Foundation
import Ledger

/// How runs fared in an exchange with another repository, for people and scripts.
struct ExchangeText {
    private let items: [RunExchange.Item]
    private let verb: String

    init(_ items: [RunExchange.Item], verb: String) { (self.items, self.verb) = (items, verb) }

    /// A line of `runs push --json` and `runs fetch --json`.
    private struct Line: Encodable {
        var run, outcome: String
        var note: String?
    }

    /// Prints what happened; throws where a run was refused.
    func print(json: Bool, remote: String) throws {
        for item in items {
            if json {
                try Console.printJSON(Line(run: item.run, outcome: item.outcome.rawValue, note: item.note))
            } else if item.outcome != .same {
                Console.print("\(item.outcome.rawValue)  \(item.run)\(item.note.map { "  (\($0))" } ?? "")")
            }
        }
        let refused = items.filter { $0.outcome == .diverged || $0.outcome == .refused }
        let moved = items.filter { $0.outcome == .new || $0.outcome == .updated }
        Console.note(
            "\(verb) \(moved.count) run\(moved.count == 1 ? "" : "s"); \(items.count - moved.count - refused.count) "
                + "had nothing new, \(refused.count) refused")
        if let first = refused.first {
            throw Diagnostic(
                "exchange.refused",
                "\(refused.count) run\(refused.count == 1 ? " was" : "s were") refused, and nothing was forced: "
                    + "\(first.run): \(first.note ?? "")", at: .init(file: remote), kind: .failure)
        }
    }
}

/// The repository to exchange runs with.
struct RemoteArguments: ParsableArguments {
    @Argument(help: "A remote of the repository, or the place of another one.")
    var remote = "origin"
    @Option(
        name: .customLong("run"), help: "Only this run; may be given several times (default: all).",
        completion: .recordedRun)
    var runs: [String] = []
    @OptionGroup var place: LedgerPlace
    @Flag(help: "Print one JSON line per run.")
    var json = false
}
