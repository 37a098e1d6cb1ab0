import Diagnostics
import Foundation
import Storage

/// What Slurm knows of jobs now: the queue, and its accounts where the site keeps any.
///
/// What it does not say is `nil`: no state, no energy. Nothing here throws, since notes of jobs can be read without Slurm.
public struct JobStates: Sendable, Equatable {
    /// A job of the queue, or an element of an array.
    public struct Queued: Sendable, Equatable {
        public var job: Int
        /// As Slurm names an element: `12_3`.
        public var name: String
        /// Slurm's word, such as `PENDING` or `RUNNING`.
        public var state: String
        /// Why it waits.
        public var reason: String
        public var nodes: String

        /// Whether it waits or runs, or will.
        public var isActive: Bool {
            ["PENDING", "RUNNING", "COMPLETING", "CONFIGURING", "SUSPENDED", "STOPPED", "SIGNALING", "STAGE_OUT"]
                .contains(state) || state.hasPrefix("REQUEUE")
        }
    }

    /// What the accounts, or else the controller's memory, say of a job.
    public struct Account: Sendable, Equatable {
        public var state: String
        public var exitCode: String?
        /// Of all nodes, in joules; `nil` where the site does not measure it.
        public var joules: Double?
    }

    public var queue: [Queued] = []
    public var accounts: [Int: Account] = [:]
    /// Why the queue is unknown; `nil` if it was told.
    public var queueUnknown: String?
    /// Why energies are unknown to the accounts as a whole.
    public var accountsUnknown: String?

    public init() {}

    /// Asks about the jobs whose comment is `folder`, and about others by their ids.
    public init(of folder: String, jobs: [Int]) {
        queueUnknown = readQueue(folder)
        accountsUnknown = readAccounts(jobs)
        // The controller forgets a job some minutes after its end.
        for job in jobs.suffix(10) where accounts[job] == nil { accounts[job] = Self.controllers(job) }
    }

    /// Runs a program of Slurm's; its output, or why there is none.
    private static func ask(_ program: String, _ arguments: [String]) -> (output: String?, why: String) {
        guard let found = SystemProgram(named: program) else { return (nil, "there is no \(program) on this machine") }
        do throws(Diagnostic) {
            let outcome = try found.run(arguments)
            return outcome.status == 0
                ? (outcome.output, "") : (nil, "\(program) says: \(outcome.complaint)")
        } catch {
            return (nil, error.message)
        }
    }

    private mutating func readQueue(_ folder: String) -> String? {
        let (output, why) = Self.ask("squeue", ["-h", "-r", "-t", "all", "-o", "%A|%i|%T|%r|%N|%k"])
        guard let output else { return why }
        for line in output.split(separator: "\n") {
            let fields = line.split(separator: "|", maxSplits: 5, omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 6, fields[5] == folder, let job = Int(fields[0]) else { continue }
            queue.append(Queued(job: job, name: fields[1], state: fields[2], reason: fields[3], nodes: fields[4]))
        }
        return nil
    }

    private mutating func readAccounts(_ jobs: [Int]) -> String? {
        guard !jobs.isEmpty else { return nil }
        let ids = jobs.map { "\($0)" }.joined(separator: ",")
        let format = "JobIDRaw,State,ExitCode,ConsumedEnergyRaw"
        let (output, why) = Self.ask("sacct", ["-n", "-P", "-X", "-D", "-j", ids, "-o", format])
        guard let output else { return why }
        accounts = Self.accounts(output)
        return nil
    }

    /// Reads sacct's lines. A job that was started again has several: the last state, and all of the energy or none.
    static func accounts(_ text: String) -> [Int: Account] {
        var accounts: [Int: Account] = [:]
        for line in text.split(separator: "\n") {
            let fields = line.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
            guard fields.count == 4, let job = Int(fields[0]) else { continue }
            // Without a counter the field is empty, or 0, which no computer draws.
            var joules = Double(fields[3]).flatMap { $0 > 0 ? $0 : nil }
            if let before = accounts[job] {
                joules = before.joules.flatMap { known in joules.map { known + $0 } }
            }
            let state = fields[1].split(separator: " ").first.map(String.init) ?? "UNKNOWN"
            accounts[job] = Account(state: state, exitCode: fields[2].isEmpty ? nil : fields[2], joules: joules)
        }
        return accounts
    }

    /// What the controller remembers for some minutes after a job's end.
    private static func controllers(_ job: Int) -> Account? {
        guard let text = ask("scontrol", ["show", "job", "-o", "\(job)"]).output else { return nil }
        var (state, code): (String?, String?)
        for field in text.split(whereSeparator: { $0 == " " || $0 == "\n" }) {
            if field.hasPrefix("JobState=") { state = String(field.dropFirst(9)) }
            if field.hasPrefix("ExitCode=") { code = String(field.dropFirst(9)) }
        }
        return state.map { Account(state: $0, exitCode: code, joules: nil) }
    }
}
