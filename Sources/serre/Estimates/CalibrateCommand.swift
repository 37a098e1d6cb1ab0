import ArgumentParser
import ClusterProfiles
import Diagnostics
import Estimation
import Integrity
import Recipes

/// Cluster profiles from measurements: a user's own, or this machine's.
struct CalibrateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "calibrate",
        abstract: "Fit a cluster profile to measurements: yours, or this machine's.",
        discussion: """
            Example:
              serre calibrate jean-zay-a100 --from steps.csv all_reduce.log -o mine.yaml

            serre calibrate PROFILE --from FILE... is serre calibrate fit; serre calibrate here measures this machine.
            """,
        subcommands: [Fit.self, Here.self, Step.self, Messages.self], defaultSubcommand: Fit.self)

    struct Fit: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fit a profile's constants to step times, all-reduce logs and tables of products.",
            discussion: """
                Example:
                  serre calibrate fit jean-zay-a100 --from steps.csv all_reduce.log -o mine.yaml

                Files are told by their content: a CSV with the columns recipe,options,seconds, where options are the \
                command line's, such as --tensor 2 --micro-batch 4; a CSV with m,n,k,precision and seconds or tflops; \
                the output of nccl-tests' all_reduce_perf; a table with the columns of serre validate --rows.

                A constant that the measurements cannot tell (standard error above half of it) or on which none depends \
                stays as it was and is named. Errors are also given for rows that a fit did not see: of every five \
                rows one is held out in turn. The profile that is written is fitted to all rows.
                """)

        @Argument(help: "A profile file or the name of a shipped profile.")
        var profile: String
        @Option(
            parsing: .upToNextOption, help: "Files of measurements; one or more (default: none, which is an error).")
        var from: [String] = []
        @Option(
            name: [.customShort("o"), .customLong("output")],
            help: "Write the fitted profile here (default: only report).")
        var output: String?
        @Flag(help: "Fit nothing: say how far the profile as it is is from the measurements.")
        var compare = false
        @OptionGroup var profileSettings: ProfileSettings
        @Flag(help: "Print JSON.")
        var json = false

        func validate() throws {
            if from.isEmpty { throw ValidationError("Name the files of measurements with --from.") }
            if compare, output != nil { throw ValidationError("--compare fits nothing that could be written.") }
        }

        func run() throws {
            let base = try profileSettings.load(profile)
            var measurements: [MeasuredTime] = []
            for path in from { measurements += try MeasurementFile(path, recipe: Self.recipe).measurements() }
            if compare {
                let comparison = try ProfileComparison(base, with: measurements)
                if json { return try Console.printJSON(comparison) }
                return comparison.lines.forEach(Console.print)
            }
            let calibration = try Calibration(base, to: measurements)
            if let output { try AtomicFile.write(calibration.profile.yaml, to: output) }
            if json { return try Console.printJSON(calibration) }
            calibration.lines.forEach(Console.print)
            if let output { Console.note("wrote \(output)") }
        }

        /// A recipe with the command line's options, as a cell holds them.
        private static func recipe(_ name: String, _ options: [String]) throws(Diagnostic) -> Recipe {
            let arguments: RecipeArguments
            do {
                arguments = try RecipeArguments.parse(options)
            } catch {
                throw Diagnostic(
                    "calibrate.options",
                    "the options are not those of a recipe: \(RecipeArguments.message(for: error))",
                    found: options.joined(separator: " "))
            }
            return try arguments.load(name)
        }
    }
}
