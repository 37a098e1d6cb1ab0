import ArgumentParser
import Diagnostics
import Foundation

/// The `serre` command: parsing and printing only; the work is done by the modules.
struct Serre: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "serre",
        abstract: "Grow a training run under glass, then plant it unchanged: simulate, estimate, train, record.",
        discussion: """
            Example:
              serre train nano --tensor 2 --pipeline 2 --data 2

            A recipe is a file or the name of a shipped recipe, such as nano or bloom-176b; a cluster profile likewise, \
            such as jean-zay-a100.
            """,
        version: SerreVersion.text,
        groupedSubcommands: [
            CommandGroup(
                name: "Runs:",
                subcommands: [
                    TrainCommand.self, LaunchCommand.self, JobsCommand.self, GenerateCommand.self, EvaluateCommand.self,
                    RunsCommand.self, ReportCommand.self, WatchCommand.self,
                ]),
            CommandGroup(
                name: "Before a run:",
                subcommands: [
                    NewCommand.self, CheckCommand.self, EstimateCommand.self, PlanCommand.self, ScalingCommand.self,
                    BudgetCommand.self,
                    TimelineCommand.self, SoakCommand.self, ScenarioCommand.self,
                    ValidateCommand.self, ProfileCommand.self,
                ]),
            CommandGroup(
                name: "Data and models:",
                subcommands: [
                    CorpusCommand.self, TokenizerCommand.self, TokensCommand.self, ModelCommand.self,
                    StoreCommand.self, CardCommand.self,
                ]),
            CommandGroup(
                name: "This machine:",
                subcommands: [
                    DoctorCommand.self, BenchCommand.self, CalibrateCommand.self, NotebooksCommand.self,
                ]),
        ]
    )
}

/// The version of the toolkit, as records name it.
enum SerreVersion {
    static let text = "0.1.0"
}

@main
enum Main {
    /// Exit status 0 on success, 1 for a run that failed, 2 for bad arguments or bad input.
    static func main() {
        // A closed pipe (serre … | head) and a file-size limit are errors of a write, not reasons to die unsaved.
        signal(SIGPIPE, SIG_IGN)
        signal(SIGXFSZ, SIG_IGN)
        do {
            var command = try Serre.parseAsRoot()
            try command.run()
        } catch let problem as Diagnostic {
            Console.error(problem.description)
            exit(problem.exitStatus)
        } catch {
            leave(after: error)
        }
    }

    /// Help and version go to standard output with status 0; anything else is a usage error with status 2.
    private static func leave(after error: any Error) -> Never {
        if Serre.exitCode(for: error) == .success { Serre.exit(withError: error) }
        if let code = error as? ExitCode { exit(code.rawValue) }
        FileHandle.standardError.write(Data((Serre.fullMessage(for: error) + "\n").utf8))
        exit(2)
    }
}
