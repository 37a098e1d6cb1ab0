import Diagnostics

/// The text of a job script: Slurm's options as literals, the variables of the run, and what every job does.
///
/// The same plan gives the same text.
public struct JobScript: Sendable {
    public let plan: JobPlan
    /// Who writes it, such as `serre 0.1.0`.
    public let author: String

    public init(_ plan: JobPlan, author: String) {
        self.plan = plan
        self.author = author
    }

    /// How often a job that failed is started again by itself.
    static let restartsMost = 3

    public var text: String {
        (["#!/bin/bash"] + remarks + [""] + options + [""] + variables + [""]).joined(separator: "\n") + "\n"
            + Self.body
    }

    /// The command that hands the script, saved as `path`, to Slurm.
    public func submission(of path: String) -> String {
        let command = "sbatch \(ShellWord(path))"
        return plan.request.chain == .array || plan.request.jobs == 1
            ? command : "for job in $(seq \(plan.request.jobs)); do \(command); done"
    }

    private var remarks: [String] {
        let folder = plan.request.folder
        return [
            "# Trains \(plan.summary).",
            "# Written by \(author) launch: the same arguments give the same script.",
            "#",
            "# Submit it, saved as launch.sh:     mkdir -p \(ShellWord(folder)) && \(submission(of: "launch.sh"))",
            "# See how it goes:                   serre jobs \(ShellWord(folder))",
            "# End it saved, and start no more:   touch \(ShellWord(folder + "/kill-switch"))",
        ]
    }

    /// Slurm expands nothing in these lines: they hold literals only.
    private var options: [String] {
        let request = plan.request
        let follows = request.jobs > 1
        let log = request.folder + (follows && request.chain == .array ? "/%x-%A_%a.out" : "/%x-%j.out")
        var lines: [(String, String?)] = [
            ("job-name=\(request.name)", nil),
            ("comment=\(request.folder)", "by which the jobs of this run know each other"),
            ("chdir=\(request.workFolder)", nil),
            ("output=\(log)", nil),
            ("open-mode=append", "a job that starts again goes on with its log"),
        ]
        if let account = plan.account { lines.append(("account=\(account)", nil)) }
        lines.append(("partition=\(plan.partition)", nil))
        if let constraint = plan.constraint { lines.append(("constraint=\(constraint)", nil)) }
        if let qos = plan.qos { lines.append(("qos=\(qos)", nil)) }
        lines.append(("nodes=\(plan.allNodes)", request.spareNodes > 0 ? "\(request.spareNodes) of them spare" : nil))
        lines.append(("ntasks-per-node=\(plan.tasksPerNode)", "one for each rank"))
        if let accelerators = plan.acceleratorsPerNode { lines.append(("gres=gpu:\(accelerators)", nil)) }
        lines.append(("cpus-per-task=\(plan.coresPerTask)", nil))
        lines.append(("hint=nomultithread", "physical cores, each bound to its task"))
        lines.append(("exclusive", nil))
        if let exclude = request.exclude { lines.append(("exclude=\(exclude)", nil)) }
        lines.append(("time=\(ClockText(plan.seconds))", nil))
        lines.append(("signal=B:USR1@\(plan.warningSeconds)", "seconds before that, or up to a minute earlier"))
        lines.append(("requeue", "after the loss of a node"))
        if request.spareNodes > 0 { lines.append(("no-kill", "the loss of a node does not end the job")) }
        if follows, request.chain == .array { lines.append(("array=1-\(request.jobs)%1", "one after another")) }
        if follows, request.chain == .singleton {
            lines.append(("dependency=singleton", "one after another"))
        }
        return lines.map { option, remark in
            let line = "#SBATCH --\(option)"
            guard let remark else { return line }
            return line + String(repeating: " ", count: max(1, 45 - line.count)) + "# " + remark
        }
    }

    private var variables: [String] {
        let request = plan.request
        func list(_ words: [String]) -> String { "(" + words.map { "\(ShellWord($0))" }.joined(separator: " ") + ")" }
        var lines = [
            "folder=\(ShellWord(request.folder))",
            "serre=\(ShellWord(request.program))",
            "start=\(list(request.start))",
            "options=\(list(plan.layout.words + request.options + ["--workers", "\(plan.coresPerTask)"]))",
            "nodes=\(request.nodes) spare_nodes=\(request.spareNodes) tasks_per_node=\(plan.tasksPerNode) "
                + "cpus_per_task=\(plan.coresPerTask)",
            "mpi=\(plan.mpi)",
            "excluded=\(ShellWord(request.exclude ?? ""))",
            "restarts_most=\(Self.restartsMost)",
        ]
        if !plan.modules.isEmpty {
            lines += ["", "module purge", "module load \(plan.modules.joined(separator: " "))"]
        }
        return lines
    }
}

/// A word as a shell reads it: quoted where it must be.
struct ShellWord: CustomStringConvertible {
    var word: String

    init(_ word: String) { self.word = word }

    var description: String {
        let plain = "-_./=,:@%+"
        let isPlain = word.unicodeScalars.allSatisfy { scalar in
            plain.unicodeScalars.contains(scalar) || scalar.properties.isAlphabetic
                || (0x30...0x39).contains(scalar.value)
        }
        return isPlain && !word.isEmpty
            ? word : "'" + word.split(separator: "'", omittingEmptySubsequences: false).joined(separator: "'\\''") + "'"
    }
}
