import Foundation
import Testing

extension EndToEnd {
    /// One sentence that names the place, what was expected and what to do; status 2; nothing written.
    @Suite struct BadInput {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        private func expectRefusal(
            _ outcome: Outcome, saying words: [String], status: Int32 = 2, location: SourceLocation = #_sourceLocation
        ) throws {
            #expect(outcome.status == status, "\(outcome)", sourceLocation: location)
            #expect(outcome.output.isEmpty, "\(outcome)", sourceLocation: location)
            let sentence = try outcome.sentence()
            for word in words {
                #expect(sentence.contains(word), "“\(word)” is not in: \(sentence)", sourceLocation: location)
            }
            #expect(!sentence.contains("Swift") && !outcome.errors.contains("Fatal error"), sourceLocation: location)
            #expect(folder.runs().isEmpty, "a run folder was left", sourceLocation: location)
        }

        struct Case: CustomTestStringConvertible {
            var line: String
            var words: [String]
            var testDescription: String { line }
        }

        static let badOptions = [
            Case(
                line: "train nano --set model.layer=3", words: ["model.layer", "unknown key", "did you mean layers?"]),
            Case(
                line: "train nano --set optimizer.learning_rate_peak=fast",
                words: ["optimizer.learning_rate_peak", "expected a number", "found fast"]),
            Case(line: "train nano --tensor 3", words: ["--tensor", "one of 1, 2, 4", "found 3"]),
            Case(line: "train nano --pipeline 5", words: ["--pipeline", "one of 1, 2, 3, 4", "found 5"]),
            Case(line: "train nano --data 3", words: ["--data", "found 3"]),
            Case(line: "train nano --micro-batch 3", words: ["--micro-batch", "found 3"]),
            Case(line: "train nano --global-batch 0", words: ["--global-batch", "found 0"]),
            Case(
                line: "train nano --tensor 4 --cluster laptop",
                words: ["needs 4 accelerators", "laptop has 1 node", "found 4"]),
            Case(line: "train nanno", words: ["no such recipe", "did you mean nano?"]),
            Case(line: "train nano --cluster jean-zay-a10", words: ["no such profile", "did you mean jean-zay-a100?"]),
            Case(line: "train ./none.yaml", words: ["./none.yaml", "no such file"]),
            Case(line: "train nano --workers 0", words: ["0 workers", "--workers"]),
            Case(
                line: "train nano --data 2 --processes 1000",
                words: ["--processes", "more processes than ranks", "at most 2", "found 1000"]),
            Case(line: "train nano --set seed=", words: ["--set seed", "given nothing", "seed=null"]),
            Case(
                line: "train nano --set model.padded_vocabulary=16777216 --set model.hidden=4096",
                words: ["memory of this machine", "expected at most", "--dry-run"]),
            Case(
                line: "train bloom-176b --set data.tokenizer=bytes --corpus corpus",
                words: ["memory of this machine", " for the first "]),
            Case(line: "train nano --ranks-per-process 5,3", words: ["ranks per process", "found 5,3"]),
            Case(line: "train nano --ranks-per-process some", words: ["--ranks-per-process", "found some"]),
            Case(line: "train nano --corpus nowhere", words: ["nowhere", "serre corpus build"]),
            Case(line: "generate nowhere --prompt a", words: ["nowhere", "there is no such run"]),
            // A limit, not a hang.
            Case(
                line: "estimate nano --cluster jean-zay-a100 --data 1000000000",
                words: ["--data", "from 1 to 65536", "found 1000000000"]),
            Case(
                line: "estimate nano --cluster jean-zay-a100 --nodes 1000000000",
                words: ["--nodes", "expected 1 to 52"]),
            Case(
                line:
                    "check nano --tensor 4 --pipeline 4 --data 65536 --micro-batch 1 --global-batch 65536 --set lanes=65536",
                words: ["layout", "1,048,576 ranks", "too"]),
            Case(
                line: "estimate nano --cluster jean-zay-a100 --global-batch 1000000000",
                words: ["--global-batch", "from 1 to 16777216", "found 1000000000"]),
            Case(
                line: "estimate nano --cluster jean-zay-a100 --pipeline 4 --global-batch 16777216 --micro-batch 1",
                words: ["layout", "too long to be played", "at most 4,194,304", "raise --micro-batch"]),
            Case(
                line: "check nano --pipeline 4 --global-batch 16777216 --micro-batch 1",
                words: ["layout", "too long to be played", "at most 4,194,304"]),
            Case(
                line: "timeline nano --cluster jean-zay-a100 --pipeline 4 --global-batch 16777216 --micro-batch 1",
                words: ["layout", "too long to be played", "at most 4,194,304"]),
            Case(
                line:
                    "scaling nano --cluster jean-zay-a100 --pipeline 4 --tensor 2 --global-batch 16777216 --micro-batch 1 "
                    + "--nodes 1",
                words: ["--nodes", "too long to be played", "at most 4,194,304"]),
            Case(
                line: "estimate nano --cluster jean-zay-a100 --nodes 1 --data 4",
                words: ["--data", "expected 8, or no --data, found 4", "leave out --nodes or --data"]),
            Case(
                line: "estimate nano --cluster jean-zay-h100 --precision float8",
                words: ["no float8 products", "--style fsdp"]),
            Case(line: "estimate nano --cluster none", words: ["no such profile", "jean-zay-a100"]),
            Case(line: "estimate bloom-176b --cluster laptop", words: ["needs 384 accelerators", "laptop"]),
            Case(
                line: "check bloom-176 --cluster jean-zay-a100", words: ["no such recipe", "did you mean bloom-176b?"]),
            Case(line: "profile show jean-zay", words: ["no such profile", "jean-zay-a100"]),
            Case(line: "corpus show nowhere", words: ["nowhere", "serre corpus build"]),
            Case(line: "corpus build nowhere -o made", words: ["nowhere", "no such source"]),
        ]

        @Test(arguments: badOptions) func badOption(wrong: Case) throws {
            try expectRefusal(try folder.serre(line: wrong.line), saying: wrong.words)
            #expect(!folder.exists("made"))
        }

        /// Lines of the shipped recipe, changed: the place is named by file, line and key.
        static let badLines = [
            (find: "  layers: 4", replace: "  layer: 4", words: ["model.layer", "did you mean layers?"]),
            (find: "  hidden: 64", replace: "  hidden: wide", words: ["model.hidden", "found wide"]),
            (find: "  heads: 4", replace: "  heads: 5", words: ["heads", "5"]),
            (find: "  global: 16", replace: "  global: 16 samples", words: ["batch.global", "16 samples"]),
            (find: "  tensor: 1", replace: "  tensor: 3", words: ["layout.tensor", "found 3"]),
            (find: "seed: 42", replace: "seed: -1", words: ["seed", "-1"]),
            (find: "name: nano", replace: "name: [nano", words: ["YAML"]),
        ]

        @Test(arguments: badLines.indices) func badRecipeFile(index: Int) throws {
            let bad = Self.badLines[index]
            let path = Executable.sourceRoot + "/fixtures/recipes/nano.yaml"
            let lines = try String(contentsOfFile: path, encoding: .utf8).components(separatedBy: "\n")
            let number = try #require(lines.firstIndex { $0.hasPrefix(bad.find) })
            var changed = lines
            changed[number] = bad.replace
            try folder.write(changed.joined(separator: "\n"), to: "mine.yaml")
            let outcome = try folder.serre(line: "train mine.yaml")
            try expectRefusal(outcome, saying: bad.words + ["mine.yaml:"])
            if bad.words != ["YAML"], bad.replace != "  heads: 5" {
                #expect(try outcome.sentence().hasPrefix("mine.yaml:\(number + 1): "))
            }
            #expect(!folder.exists("runs"))
        }

        @Test(arguments: [
            (find: "memory_gib", replace: "memory_gb", words: ["memory_gb", "did you mean memory_gib?"]),
            (
                find: "peak_teraflops_per_second", replace: "peak_flops",
                words: ["accelerator.peak_flops", "unknown key"]
            ),
        ])
        func wrongUnitInAProfile(find: String, replace: String, words: [String]) throws {
            let path = Executable.sourceRoot + "/cluster-profiles/laptop.yaml"
            let text = try String(contentsOfFile: path, encoding: .utf8).replacingOccurrences(of: find, with: replace)
            try folder.write(text, to: "mine.yaml")
            for line in ["profile check mine.yaml", "profile show mine.yaml", "train nano --cluster mine.yaml"] {
                try expectRefusal(try folder.serre(line: line), saying: words + ["mine.yaml:"])
            }
        }

        @Test func anUnknownInstructionSetIsRefused() throws {
            let outcome = try folder.serre(line: "train nano", environment: ["SERRE_ISA": "foo"])
            try expectRefusal(outcome, saying: ["SERRE_ISA", "scalar", "found foo"])
            #expect(!folder.exists("runs"))
        }

        @Test(arguments: ["PMI_SIZE", "MV2_COMM_WORLD_SIZE", "SLURM_STEP_NUM_TASKS"])
        func aLauncherOfAnotherMPIFamilyIsRefused(variable: String) throws {
            let outcome = try folder.serre(line: "train nano", environment: [variable: "2", "PMI_RANK": "0"])
            try expectRefusal(outcome, saying: ["\(variable)=2", "2 separate copies", "mpirun"])
            #expect(!folder.exists("runs"))
        }

        @Test func moreProcessesThanRanksAreRefusedOnce() throws {
            let outcome = try folder.onProcesses(4, "train nano --tensor 2")
            try expectRefusal(outcome, saying: ["4 processes", "2 ranks", "start fewer processes"])
        }

        @Test func badInputUnderMPIIsSaidOnce() throws {
            try expectRefusal(try folder.onProcesses(2, "train nano --tensor 3"), saying: ["--tensor", "found 3"])
            try expectRefusal(
                try folder.onProcesses(2, "train nano --tensor 2 --corpus nowhere"), saying: ["nowhere"])
        }

        @Test func anOutputThatCannotBeWrittenIsAFailure() throws {
            try folder.write("a file", to: "taken")
            let outcome = try folder.serre(line: "train nano --no-ledger --output taken")
            try expectRefusal(outcome, saying: ["taken"], status: 1)
            #expect(try folder.text("taken") == "a file")
        }
    }
}
