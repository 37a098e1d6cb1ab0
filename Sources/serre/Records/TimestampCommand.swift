import ArgumentParser
import Diagnostics
import Foundation
import Integrity
import Ledger

extension RunsCommand {
    struct Timestamp: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Have a timestamp authority sign when a record existed, and check its timestamps (RFC 3161).",
            discussion: """
                Examples:
                  serre runs timestamp latest --tsa https://freetsa.org/tsr
                  serre runs timestamp latest --query -o record.tsq
                  serre runs timestamp latest --response record.tsr
                  serre runs timestamp latest --check --authorities root.pem

                Stamped is the SHA-256 of the newest commit, as git cat-file commit prints it; that commit names its \
                tree and its parent by SHA-1, whose known collisions git detects. The authority sees the digest alone. \
                The answer becomes a part of the record: timestamps/<commit>.tsr. A timestamp shows that the record \
                existed then, not that it is true; replaying the run can falsify it.
                """)
        @Argument(help: "A run id, a part of one, or latest.", completion: .recordedRun)
        var id = "latest"
        @Option(help: ArgumentHelp("Ask this authority now, with the program curl (default: none).", valueName: "url"))
        var tsa: String?
        @Flag(help: "Write a query to take to an authority; needs -o.")
        var query = false
        @Option(name: .shortAndLong, help: "The file for --query (default: none).", completion: .file())
        var output: String?
        @Option(
            help: ArgumentHelp("Add an authority's answer to the record (default: none).", valueName: "file"),
            completion: .file())
        var response: String?
        @Flag(help: "List the record's timestamps and check them; exit 1 if one is wrong.")
        var check = false
        @Option(
            help: ArgumentHelp(
                "Root certificates in PEM, to check signatures with (default: signatures are not checked).",
                valueName: "file"), completion: .file())
        var authorities: String?
        @Flag(help: "With --check: print one JSON line per timestamp.")
        var json = false
        @OptionGroup var place: LedgerPlace

        func validate() throws {
            guard [tsa != nil, query, response != nil, check].filter(\.self).count == 1 else {
                throw ValidationError("Give one of --tsa, --query, --response and --check.")
            }
            if query != (output != nil) { throw ValidationError("--query needs -o, and -o needs --query.") }
            if json, !check { throw ValidationError("--json is for --check.") }
        }

        func run() throws {
            let ledger = try place.open()
            let run = try ledger.find(id)
            if check { return try list(ledger.timestamps(run, authorities: authorities)) }
            if let response { return try add(TimestampFile.read(response), to: run, in: ledger) }
            let (commit, query) = try ledger.timestampQuery(run)
            if let output {
                try AtomicFile.write(query.bytes, to: output)
                return Console.note("A query for commit \(commit): send it as application/timestamp-query.")
            }
            guard let tsa else { return }
            let answer = try TimestampResponse(TimestampFile.fetch(tsa, query.bytes), file: tsa)
            guard answer.nonce == query.nonce, answer.digest == query.digest else {
                throw Diagnostic(
                    "timestamp.answer", "the authority answered another query", at: .init(file: tsa),
                    expected: "\(query.digest)", found: "\(answer.digest)", kind: .failure)
            }
            try add(answer, to: run, in: ledger)
        }

        private func add(_ answer: TimestampResponse, to run: RunID, in ledger: Ledger) throws(Diagnostic) {
            if let authorities { try answer.verify(authorities: authorities) }
            let record = try ledger.attach(answer, to: run, at: Date())
            let signer = answer.signer.map { " by \($0)" } ?? ""
            Console.print(
                "\(run) was stamped \(TimestampLine.text(answer.time))\(signer), recorded as \(record.commit)")
            if authorities == nil {
                Console.note(
                    "Its signature was not checked: serre runs timestamp \(run) --check --authorities FILE does.")
            }
        }

        private func list(_ checks: [TimestampCheck]) throws {
            if json {
                for check in checks { try Console.printJSON(TimestampLine(check)) }
            } else if checks.isEmpty {
                Console.note("The record has no timestamp.")
            }
            for check in json ? [] : checks {
                let time = check.time.map(TimestampLine.text) ?? "no time"
                let verdict =
                    check.problem ?? (check.isSignatureChecked ? "valid" : "digest matches, signature not checked")
                Console.print("\(check.commit.prefix(10))  \(time)  \(check.signer ?? "-")\n  \(verdict)")
            }
            if checks.contains(where: { $0.problem != nil }) { throw ExitCode(1) }
        }
    }
}

/// A line of `runs timestamp --check --json`.
struct TimestampLine: Encodable {
    private var commit, path: String
    private var time, signer, problem: String?
    private var signatureChecked: Bool

    init(_ check: TimestampCheck) {
        (commit, path, signer, problem) = (check.commit, check.path, check.signer, check.problem)
        time = check.time.map(Self.text)
        signatureChecked = check.isSignatureChecked
    }

    /// A time in UTC as `2026-11-23T21:45:01Z`.
    static func text(_ time: Date) -> String { time.formatted(.iso8601) }

    private enum CodingKeys: String, CodingKey {
        case commit, path, time, signer, problem
        case signatureChecked = "signature_checked"
    }
}
