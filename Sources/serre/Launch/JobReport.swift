import Foundation
import Launching
import Tables

/// What `serre jobs` tells: the run's progress, and each start of each job.
struct JobReport: Encodable {
    /// One start of a job, or a job that has not begun.
    struct Job: Encodable {
        var job: String
        var restart: Int
        /// Slurm's word in lower case; `unknown` where it does not say.
        var state: String
        var nodes: String?
        var seconds: Int?
        /// How it ended by its own note, the first failure, or why it waits.
        var remark: String?
        var exitCode: String?
        var energyJoules: Double?

        enum CodingKeys: String, CodingKey {
            case job, restart, state, nodes, seconds, remark
            case exitCode = "exit_code"
            case energyJoules = "energy_joules"
        }
    }

    var folder: String
    var run: String?
    var steps, stepsPlanned, saved: Int?
    var heartbeatSeconds: Double?
    var finished: Bool
    var killSwitch: Bool
    var avoidedNodes: [String]
    var jobs: [Job]
    /// The sum over all jobs; `nil` unless it is known of each.
    var energyJoules: Double?
    /// Why Slurm could not be asked.
    var unknown: [String]

    enum CodingKeys: String, CodingKey {
        case folder, run, steps, saved, finished, jobs, unknown
        case stepsPlanned = "steps_planned"
        case heartbeatSeconds = "heartbeat_seconds"
        case killSwitch = "kill_switch"
        case avoidedNodes = "avoided_nodes"
        case energyJoules = "energy_joules"
    }

    init(folder: LaunchFolder, notes: [JobNote], states: JobStates, progress: RunProgress?, now: Date = Date()) {
        self.folder = folder.path
        run = progress?.folder.name
        (steps, stepsPlanned, saved) = (progress?.step, progress?.planned, progress?.saved)
        heartbeatSeconds = progress?.heartbeatAge
        finished = progress?.isFinished ?? false
        killSwitch = FileManager.default.fileExists(atPath: folder.killSwitch)
        avoidedNodes = folder.nodesToAvoid()
        jobs = notes.map { Self.job($0, notes, states, now) } + Self.waiting(notes, states)
        let energies = Set(notes.map(\.job)).sorted().map { states.accounts[$0]?.joules }
        energyJoules =
            energies.isEmpty || energies.contains(nil) ? nil : energies.reduce(0) { $0 + ($1 ?? 0) }
        unknown = [states.queueUnknown, states.accountsUnknown].compactMap(\.self)
    }

    private static func job(_ note: JobNote, _ notes: [JobNote], _ states: JobStates, _ now: Date) -> Job {
        let queued = states.queue.first { $0.job == note.job }
        let account = states.accounts[note.job]
        let isLast = !notes.contains { $0.job == note.job && $0.restart > note.restart }
        // Slurm speaks of a job's last start only; of those before, it is known that they ended.
        let isGone = queued.map { !$0.isActive } ?? (account.map { $0.state != "RUNNING" } ?? false)
        let isOver = note.ended != nil || !isLast || queued?.state == "PENDING" || isGone
        let isRequeued = !isLast || queued?.state == "PENDING"
        let state = isRequeued ? "requeued" : (queued?.state ?? account?.state ?? "unknown").lowercased()
        var job = Job(
            job: note.array.map { "\($0.job)_\($0.task)" } ?? "\(note.job)", restart: note.restart, state: state,
            nodes: note.nodes)
        if let began = note.began {
            job.seconds = note.ended.map { $0 - began } ?? (isOver ? nil : Int(now.timeIntervalSince1970) - began)
        }
        let cutOff = isOver && note.outcome == nil ? "cut off" : nil
        let failure = note.firstFailure.map { "first failure: \($0)" }
        let told = [note.outcome ?? cutOff, failure].compactMap(\.self)
        job.remark = told.isEmpty ? (note.started == nil ? "not begun yet" : "running") : told.joined(separator: "; ")
        if !isRequeued { (job.exitCode, job.energyJoules) = (account?.exitCode, account?.joules) }
        return job
    }

    private static func waiting(_ notes: [JobNote], _ states: JobStates) -> [Job] {
        states.queue.filter { queued in
            queued.state == "PENDING" || !notes.contains { $0.job == queued.job }
        }.map {
            Job(
                job: $0.name, restart: 0, state: $0.state.lowercased(), nodes: $0.nodes.isEmpty ? nil : $0.nodes,
                remark: $0.reason)
        }
    }

    var lines: [String] {
        var lines = ["folder     \(folder)"]
        if let run {
            let of = stepsPlanned.map { " of \($0)" } ?? ""
            lines.append("run        \(run)")
            lines.append("steps      \(steps.map { "\($0)" } ?? "none")\(of)\(finished ? ", finished" : "")")
            lines.append("saved      \(saved.map { "after step \($0)" } ?? "not yet")")
            lines.append("heartbeat  " + (heartbeatSeconds.map { "\(Self.age($0)) ago" } ?? "none yet"))
        } else {
            lines.append("run        not begun")
        }
        lines.append("energy     " + (energyJoules.map { "\(fixed($0 / 3.6e6, 3)) kWh by sacct" } ?? "unknown"))
        if killSwitch { lines.append("stopped    by the kill-switch file") }
        if !avoidedNodes.isEmpty { lines.append("avoided    " + avoidedNodes.joined(separator: ", ")) }
        for reason in unknown { lines.append("unknown    \(reason)") }
        guard !jobs.isEmpty else { return lines + ["No job of this run is known."] }
        var table = TextTable(header: ["job", "restart", "state", "nodes", "seconds", "remark"], numeric: [1, 4])
        for job in jobs {
            table.rows.append([
                job.job, "\(job.restart)", job.state, job.nodes ?? "-", job.seconds.map { "\($0)" } ?? "-",
                job.remark ?? "",
            ])
        }
        return lines + [""] + table.lines
    }

    private static func age(_ seconds: Double) -> String {
        seconds < 120 ? "\(Int(seconds)) s" : "\(Int(seconds / 60)) min"
    }
}
