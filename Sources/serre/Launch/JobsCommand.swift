import ArgumentParser
import Diagnostics
import Foundation
import Launching

struct JobsCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "jobs",
        abstract: "Tell how the Slurm jobs of a run fare: states, ends, heartbeat, energy.",
        discussion: """
            Examples:
              serre jobs
              serre jobs runs/demo --json

            Energy is what sacct has counted where the site measures it, else unknown.
            """)

    @Argument(
        help: ArgumentHelp(
            "The folder of serre launch, or its name under runs (default: the one whose job began last).",
            valueName: "run"))
    var name: String?
    @Flag(help: "Say nothing; the exit status is 0 when the run has reached its last step, and 1 when it has not.")
    var finished = false
    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let folder = try find()
        let progress = try RunProgress(folder)
        if finished { throw ExitCode(progress?.isFinished == true ? 0 : 1) }
        let notes = folder.notes()
        var ids: [Int] = []
        for note in notes where !ids.contains(note.job) { ids.append(note.job) }
        let report = JobReport(
            folder: folder, notes: notes, states: JobStates(of: FilePath.absolute(folder.path), jobs: ids),
            progress: progress)
        if json { return try Console.printJSON(report) }
        report.lines.forEach(Console.print)
    }

    private func find() throws(Diagnostic) -> LaunchFolder {
        guard let name else {
            if let latest = LaunchFolder.all(under: "runs").last { return latest }
            throw Diagnostic(
                "jobs.none", "nothing was launched under runs", remedy: "name the folder that serre launch was given")
        }
        let candidates = [name, "runs/" + name].map { LaunchFolder($0) }
        if let found = candidates.first(where: \.isThere) { return found }
        let known = LaunchFolder.all(under: "runs").map(\.name)
        throw Diagnostic(
            "jobs.unknown", "no run was launched from this folder",
            expected: "a folder with a launch.sh or notes of jobs",
            found: name, remedy: nearestWord(to: name, among: known).map { "did you mean runs/\($0)?" })
    }
}
