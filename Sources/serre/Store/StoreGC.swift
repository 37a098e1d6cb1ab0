import ArgumentParser
import Diagnostics
import Foundation
import Integrity
import Ledger
import Storage

struct StoreGC: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "gc",
        abstract: "Drop from a store what no record of the given repositories names.",
        discussion: """
            Example:
              serre store gc /data/store --repository . --dry-run

            Lists what keeps objects and what goes before anything is dropped. Name every repository whose runs use the \
            store: what only another one names is dropped. Objects younger than the grace stay, and nothing is dropped when \
            a record cannot be read or no record is found.
            """)

    @Argument(help: "The store's folder.", completion: .directory)
    var store: String
    @Option(
        name: .customLong("repository"),
        help: "Folder inside a git repository with records; may be given several times.", completion: .directory)
    var repositories: [String] = ["."]
    @Option(help: "Keep what was added within this many days.")
    var graceDays = 14.0
    @Flag(help: "List only.")
    var dryRun = false
    @Flag(help: "Print one JSON object.")
    var json = false

    func validate() throws {
        guard graceDays >= 0, graceDays < 1e6 else { throw ValidationError("--grace-days must be 0 or more.") }
    }

    func run() throws {
        let folder = try StoreAddress(store).local(for: "a sweep")
        let needs = try StoreNeeds(repositories)
        guard !needs.runs.isEmpty else {
            throw Diagnostic(
                "store.no-records", "no record was found, so that everything would be dropped",
                at: .init(file: repositories.joined(separator: ", ")),
                remedy: "name the repositories whose runs use the store with --repository")
        }
        let limit = Date(timeIntervalSinceNow: -graceDays * 86_400)
        let sweep = try folder.sweep(keeping: Set(needs.names.keys), addedBefore: limit)
        report(needs, sweep)
        if !dryRun { try folder.drop(sweep, addedBefore: limit) }
        if json { return try Console.printJSON(SweepResult(needs, sweep, dropped: !dryRun)) }
        let bytes = sweep.unneeded.reduce(0) { $0 + $1.bytes }
        Console.print(
            "\(dryRun ? "would drop" : "dropped") \(sweep.unneeded.count) objects, \(bytesText(bytes)), and "
                + "\(sweep.leftovers.count) broken-off files; \(sweep.needed.count) objects are needed, "
                + "\(sweep.young.count) younger than \(significant(graceDays)) days")
    }

    private func report(_ needs: StoreNeeds, _ sweep: Sweep) {
        let sizes = Dictionary(sweep.needed.map { ($0.digest, $0.bytes) }, uniquingKeysWith: { a, _ in a })
        for run in needs.runs {
            let kept = run.digests.compactMap { sizes[$0] }
            Console.note("kept by \(run.name): \(kept.count) objects, \(bytesText(kept.reduce(0, +)))")
        }
        for object in sweep.unneeded { Console.note("goes: \(object.digest)  \(object.bytes) bytes") }
        for name in sweep.leftovers { Console.note("goes: \(name)") }
    }
}

/// The one object of `store gc --json`.
struct SweepResult: Encodable {
    var dropped: Bool
    var objects: [String]
    var bytes, needed, young, leftovers: Int
    var runs: Int

    init(_ needs: StoreNeeds, _ sweep: Sweep, dropped: Bool) {
        self.dropped = dropped
        objects = sweep.unneeded.map { $0.digest.description }
        bytes = sweep.unneeded.reduce(0) { $0 + $1.bytes }
        (needed, young, leftovers) = (sweep.needed.count, sweep.young.count, sweep.leftovers.count)
        runs = needs.runs.count
    }
}

/// Which runs of some repositories need which objects.
struct StoreNeeds {
    /// A run, named with its repository, and the objects that it needs, each once.
    struct Run {
        var name: String
        var digests: [Digest]
    }

    private(set) var runs: [Run] = []
    /// What needs an object, as people call it, by digest.
    private(set) var names: [Digest: [String]] = [:]

    /// Reads all records; throws when one cannot be read, for then nobody knows what it needs.
    init(_ repositories: [String]) throws(Diagnostic) {
        for repository in repositories {
            guard let ledger = try Ledger.open(enclosing: repository) else {
                throw Diagnostic("ledger.no-repository", "no git repository is here", at: .init(file: repository))
            }
            for run in try ledger.runIDs() {
                var digests: [Digest] = []
                for file in try RunFiles(run, ledger).allDigests() {
                    if names[file.digest]?.last?.hasPrefix("\(run): ") != true { digests.append(file.digest) }
                    names[file.digest, default: []].append("\(run): \(file.name)")
                }
                runs.append(Run(name: "\(run) (\(ledger.repositoryPath))", digests: digests))
            }
        }
    }
}
