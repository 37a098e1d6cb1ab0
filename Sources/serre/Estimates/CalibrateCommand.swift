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
              serre calibrate step nano --append steps.csv
              serre calibrate laptop --from steps.csv -o mine.yaml

            serre calibrate PROFILE --from FILE... is serre calibrate fit; serre calibrate here measures this machine.
            """,
        subcommands: [Fit.self, Here.self, Step.self, Messages.self], defaultSubcommand: Fit.self)

    struct Fit: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Fit a profile's constants to step times, all-reduce logs and tables of products.",
            discussion: """
                Example:
                  serre calibrate fit laptop --from steps.csv

                serre calibrate step nano --append steps.csv makes such a table.

                Files are told by their content: a CSV with the columns recipe,options,seconds, where options are the \
                command line's, such as --tensor 2 --micro-batch 4; a CSV with m,n,k,precision and seconds or tflops; \
                the output of nccl-tests' all_reduce_perf; a table with the columns of serre validate --rows, of which \
                rows that lack what an estimate needs are skipped, each with the reason.

                A constant that the measurements cannot tell (standard error above half of it) or on which none depends \
                stays as it was and is named. Errors are also given for rows that a fit did not see: of every five \
                rows one is held out in turn. The profile that is written is fitted to all rows.
                """)

        @Argument(help: "A profile file or the name of a shipped profile.", completion: .clusterProfile)
        var profile: String
        @Option(
            parsing: .upToNextOption, help: "Files of measurements; one or more (default: none, which is an error).",
            completion: .file())
        var from: [String] = []
        @Option(
            name: [.customShort("o"), .customLong("output")],
            help: "Write the fitted profile here (default: only report).", completion: .file())
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
            var read = MeasurementFile.Reading()
            for path in from {
                let file = try MeasurementFile(path, recipe: Self.recipe).read()
                read.measurements += file.measurements
                read.skipped += file.skipped
            }
            tell(read.skipped)
            if compare {
                let comparison = try ProfileComparison(base, with: read.measurements)
                if json { return try Console.printJSON(WithSkippedRows(finding: comparison, skipped: read.skipped)) }
                return comparison.lines.forEach(Console.print)
            }
            let calibration = try Calibration(base, to: read.measurements)
            for excess in calibration.peakExcesses { Console.warn(excess.text) }
            if let output { try AtomicFile.write(calibration.profile.yaml, to: output) }
            if json { return try Console.printJSON(WithSkippedRows(finding: calibration, skipped: read.skipped)) }
            calibration.lines.forEach(Console.print)
            if let output { Console.note("wrote \(output)") }
        }

        private static let skippedShown = 8

        private func tell(_ skipped: [MeasurementFile.SkippedRow]) {
            guard !skipped.isEmpty else { return }
            for row in skipped.prefix(Self.skippedShown) {
                Console.warn("\(row.file):\(row.line.map { "\($0):" } ?? "") \(row.id) is skipped: \(row.reason)")
            }
            let rest = skipped.count - Self.skippedShown
            if rest > 0 {
                Console.warn("\(grouped(rest)) more row\(rest == 1 ? " is" : "s are") skipped (--json lists all)")
            }
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

/// What was fitted or compared, with the rows that were not under `skipped`.
private struct WithSkippedRows<Finding: Encodable>: Encodable {
    var finding: Finding
    var skipped: [MeasurementFile.SkippedRow]

    enum CodingKeys: CodingKey { case skipped }

    func encode(to encoder: any Encoder) throws {
        try finding.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(skipped, forKey: .skipped)
    }
}
