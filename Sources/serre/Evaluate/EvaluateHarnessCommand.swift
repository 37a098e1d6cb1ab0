import ArgumentParser
import Diagnostics
import Evaluation
import Foundation
import Integrity
import Training

extension EvaluateCommand {
    struct Harness: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Run lm-evaluation-harness on a model, with tasks of its own or with Serre's suites.",
            discussion: """
                Examples:
                  serre evaluate harness models/demo --suite greenhouse -o harness
                  serre evaluate harness models/demo --tasks lambada_openai,xcopa_it -o harness -- --limit 100

                The model is what serre model export wrote. The suites' tasks are written to the output folder and are named \
                serre_SUITE_TASK; the harness's results are put beside them. What stands after -- is passed on to lm_eval. \
                lm_eval is no part of Serre: pip install "lm_eval[hf]".
                """)
        @Argument(help: ArgumentHelp("A Hugging Face folder.", valueName: "model"), completion: .directory)
        var place: String
        @Option(
            help: ArgumentHelp("Suites to hand over; may be given several times (default: none).", valueName: "suite"),
            completion: .file())
        var suite: [String] = []
        @Option(help: "Tasks of the harness's own, divided by commas (default: none).")
        var tasks: String?
        @Option(name: [.short, .long], help: "Folder for tasks and results.", completion: .file())
        var output = "harness"
        @Option(help: "The harness's program (default: lm_eval on the search path).")
        var lmEval = "lm_eval"
        @Flag(help: "Write the tasks and print the command; run nothing.")
        var dryRun = false
        @Argument(parsing: .postTerminator, help: ArgumentHelp("Arguments for lm_eval.", valueName: "arguments"))
        var rest: [String] = []

        func validate() throws {
            if suite.isEmpty, tasks == nil { throw ValidationError("Give --suite or --tasks.") }
        }

        func run() throws {
            guard FileManager.default.fileExists(atPath: place + "/config.json") else {
                throw Diagnostic(
                    "harness.model", "the harness reads Hugging Face folders, and this is none", at: .init(file: place),
                    remedy: "write one with serre model export RUN -o DIR")
            }
            let recipe = try ModelImport(place).recipe()
            let folder = URL(fileURLWithPath: output).standardizedFileURL.path
            let names = try writeTasks(to: folder + "/tasks") + (tasks.map { [$0] } ?? [])
            let command =
                [
                    lmEval, "--model", "hf", "--model_args",
                    "pretrained=\(place),dtype=float32,max_length=\(recipe.model.sequenceLength)", "--tasks",
                    names.joined(separator: ","), "--include_path", folder + "/tasks", "--output_path", folder,
                    "--log_samples", "--device", "cpu",
                ] + rest
            if dryRun { return Console.print(command.map(Self.quoted).joined(separator: " ")) }
            try start(command)
        }

        private func writeTasks(to folder: String) throws(Diagnostic) -> [String] {
            do {
                try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
            } catch {
                throw Diagnostic(
                    "harness.folder", "the folder cannot be made", at: .init(file: folder),
                    remedy: "name another with -o", kind: .failure)
            }
            var names: [String] = []
            for name in suite {
                let suite = try Suite.load(name)
                for task in suite.tasks {
                    guard let written = try HarnessTask(task, of: suite, folder: folder) else {
                        Console.warn("\(suite.name), \(task.name): lm-evaluation-harness has no task of this kind")
                        continue
                    }
                    try AtomicFile.write(written.items, to: "\(folder)/\(written.name).jsonl")
                    try AtomicFile.write(written.yaml, to: "\(folder)/\(written.name).yaml")
                    names.append(written.name)
                }
            }
            return names
        }

        private func start(_ command: [String]) throws(Diagnostic) {
            let process = Process()
            process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
            process.arguments = command
            do {
                try process.run()
            } catch {
                throw Diagnostic("harness.start", "the harness cannot be started", kind: .failure)
            }
            process.waitUntilExit()
            guard process.terminationStatus != 127 else {
                throw Diagnostic(
                    "harness.missing", "there is no program \(lmEval)", remedy: "pip install 'lm_eval[hf]'"
                )
            }
            guard process.terminationStatus == 0 else {
                throw Diagnostic(
                    "harness.failed", "lm_eval ended with status \(process.terminationStatus)", kind: .failure)
            }
        }

        private static func quoted(_ word: String) -> String {
            let isPlain = word.allSatisfy { $0.isLetter || $0.isNumber || "-_./,=+:".contains($0) }
            return isPlain ? word : "'" + word.replacing("'", with: #"'\''"#) + "'"
        }
    }
}
