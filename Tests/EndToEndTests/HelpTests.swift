import Testing

extension EndToEnd {
    @Suite struct Help {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        static let commands = [
            "", "train", "soak", "scenario", "scenario list", "scenario show", "scenario check", "scenario run",
            "new", "launch", "jobs", "generate", "evaluate", "evaluate run", "evaluate compare", "evaluate suites",
            "evaluate harness", "runs", "runs list", "runs show", "runs diff", "runs export", "report",
            "card", "card model", "card data", "card run", "watch", "notebook", "notebook check", "notebook update",
            "notebook list",
            "runs timestamp", "runs plot", "check", "estimate", "timeline", "plan",
            "scaling", "budget",
            "validate", "profile",
            "profile list", "profile show", "profile check", "corpus", "corpus build", "corpus show", "corpus remove",
            "model",
            "model export", "model import", "model logits", "doctor", "bench",
            "calibrate", "calibrate fit", "calibrate here", "calibrate step",
        ]

        @Test(arguments: commands) func everyCommandHasAnExample(command: String) throws {
            let outcome = try folder.serre(line: command + " --help")
            #expect(outcome.status == 0)
            #expect(outcome.errors.isEmpty)
            let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.first?.hasPrefix("OVERVIEW: ") == true)
            let example = try #require(lines.firstIndex { $0 == "Example:" || $0 == "Examples:" }, "\(outcome.output)")
            let parts = lines[example + 1].split(separator: " ")
            #expect(parts.first == "serre" || parts.first == "mpirun")
            #expect(lines[example + 1].hasPrefix("  serre \(command)"))
        }

        /// Options with a value say what they are without one, unless there must be one.
        @Test(arguments: [
            "train", "new", "launch", "jobs", "generate", "evaluate run", "evaluate compare", "evaluate harness",
            "estimate",
            "timeline", "plan", "scaling", "budget", "check",
            "bench", "calibrate fit",
            "calibrate here",
            "calibrate step",
            "corpus build", "corpus remove", "model import", "model export", "runs list", "runs diff",
            "runs export", "runs plot", "report", "watch", "runs timestamp", "validate",
            "card model", "card data", "card run", "notebook check",
        ])
        func optionsStateTheirDefault(command: String) throws {
            let help = try folder.serre(line: command + " --help").output
            let options = try #require(help.components(separatedBy: "OPTIONS:\n").last)
            for option in Self.options(options) where option.contains("<") && option.hasPrefix("--") {
                let required =
                    option.hasPrefix("--accelerator-hours")
                    || option.hasPrefix("--cluster")
                        && ["launch", "estimate", "timeline", "plan", "scaling", "budget"].contains(command)
                let repeated = option.hasPrefix("--set") || option.hasPrefix("--prompt") || option.hasPrefix("--resume")
                #expect(required || repeated || option.contains("default: "), "\(command): \(option)")
            }
        }

        /// The entries of an option list, each on one line.
        private static func options(_ text: String) -> [String] {
            var options: [String] = []
            for line in text.split(separator: "\n") {
                if line.hasPrefix("  -") {
                    options.append(String(line.dropFirst(2)))
                } else if !options.isEmpty {
                    options[options.count - 1] += " " + line.drop { $0 == " " }
                }
            }
            return options
        }

        @Test func theVersionIsANumber() throws {
            let outcome = try folder.serre("--version")
            #expect(outcome.status == 0)
            #expect(outcome.output.wholeMatch(of: /\d+\.\d+\.\d+\n/) != nil)
        }

        @Test func noArgumentsShowTheHelp() throws {
            let outcome = try folder.serre()
            #expect(outcome.status == 0)
            #expect(outcome.output.contains("train") && outcome.output.contains("corpus"))
        }

        @Test(arguments: ["fly", "train nano --tensr 2", "train", "train nano --steps x", "corpus build"])
        func badUsageIsStatusTwoOnStandardError(line: String) throws {
            let outcome = try folder.serre(line: line)
            #expect(outcome.status == 2)
            #expect(outcome.output.isEmpty)
            #expect(outcome.errors.contains("Error: ") && outcome.errors.contains("--help"))
        }
    }
}
