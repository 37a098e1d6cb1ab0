import Foundation
import Testing

extension EndToEnd {
    @Suite struct Timelines {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        static let nano = "timeline nano --cluster jean-zay-a100 --tensor 2 --pipeline 2 --data 2"

        @Test func aTraceIsWrittenAndSound() throws {
            let made = try folder.serre(line: Self.nano + " -o step.json --svg step.svg")
            #expect(made.status == 0, "\(made)")
            #expect(made.output.contains("critical path") && made.output.contains("step.json: "))
            #expect(made.output.contains("ranks that are not shown do what one of the shown does"))
            let check = try folder.serre(line: "timeline --check step.json")
            #expect(check.status == 0 && check.output.hasPrefix("step.json: sound"), "\(check)")
            let object = try #require(try folder.serre(line: "timeline --check step.json --json").objects(1).first)
            #expect(object["sound"] as? Bool == true)
            #expect(
                Set(object.keys) == ["sound", "events", "slices", "arrows", "counters", "threads", "problems"])
            #expect(try folder.text("step.svg").hasPrefix("<svg "))
            #expect(folder.names().filter { !$0.hasPrefix(".") } == ["step.json", "step.svg"])
        }

        @Test func theSameCommandWritesTheSameBytes() throws {
            let first = try folder.serre(line: Self.nano + " -o one.json")
            let second = try folder.serre(line: Self.nano + " -o two.json")
            #expect(first.status == 0 && second.status == 0)
            #expect(try folder.data("one.json") == folder.data("two.json"))
            #expect(first.output.replacing("one.json", with: "two.json") == second.output)
        }

        @Test func jsonHasTheAttributionAndWhatWasWritten() throws {
            let outcome = try folder.serre(line: Self.nano + " --ranks 0,5 --detail passes -o step.json --json")
            let object = try #require(try outcome.objects(1).first, "\(outcome)")
            #expect(Set(object.keys) == ["seconds_per_step", "attribution", "trace"])
            let trace = try #require(object["trace"] as? [String: Any])
            #expect(trace["ranks"] as? Int == 2 && trace["detail"] as? String == "passes")
            let seconds = try #require(object["seconds_per_step"] as? Double)
            let attribution = try #require(object["attribution"] as? [String: [String: Double]])
            for parts in attribution.values { #expect(abs(parts.values.reduce(0, +) - seconds) < 1e-9 * seconds) }
        }

        @Test func withoutAFileOnlyTheTableIsPrinted() throws {
            let outcome = try folder.serre(line: Self.nano)
            #expect(outcome.status == 0 && outcome.lines.last?.hasPrefix("step ") == true, "\(outcome)")
            #expect(outcome.lines.allSatisfy { $0.count <= 100 })
            #expect(folder.names().filter { !$0.hasPrefix(".") } == [])
        }

        @Test func aDamagedTraceIsTold() throws {
            #expect(try folder.serre(line: Self.nano + " -o step.json").status == 0)
            let text = try folder.text("step.json")
            try folder.write(text.replacing("thread_name", with: "thread_nane"), to: "nameless.json")
            let nameless = try folder.serre(line: "timeline --check nameless.json")
            #expect(nameless.status == 1 && nameless.output.contains("has no name"), "\(nameless)")
            try folder.truncate("step.json")
            let torn = try folder.serre(line: "timeline --check step.json")
            #expect(torn.status == 2 && torn.output.isEmpty)
            #expect(try torn.sentence().contains("step.json: the file is no trace"))
        }

        struct Refusal: CustomTestStringConvertible {
            var options: String
            var status: Int32 = 2
            var words: [String]
            var testDescription: String { options }
        }

        static let refusals = [
            Refusal(
                options: "nano --cluster jean-zay-a100 -o none/step.json", status: 1,
                words: ["none/step.json", "cannot create"]),
            Refusal(
                options: "nano --cluster jean-zay-a100 -o none/step.svg", status: 1,
                words: ["none/step.svg", "cannot create"]),
            Refusal(
                options: "nano --cluster jean-zay-a100 --ranks 1 -o a.json",
                words: ["--ranks", "expected 0", "found “1”"]),
            Refusal(
                options: "nano --cluster jean-zay-a100 --ranks some -o a.json", words: ["--ranks", "found “some”"]),
            Refusal(
                options: "nano --cluster jean-zay-a100 --ranks 0-99999999999999999999 -o a.json",
                words: ["--ranks", "not a list of numbers"]),
            Refusal(
                options: "nano --cluster jean-zay-a100 --microbatches 0-99 -o a.json",
                words: ["--microbatches", "found “0-99”"]),
            Refusal(options: "nano --cluster jean-zay-a100 -o a.svg --svg b.svg", words: ["--svg", "a.svg and b.svg"]),
            Refusal(options: "nano --cluster jean-zay-a100 -o a.json --svg ./a.json", words: ["--svg", "same file"]),
            Refusal(
                options: "nano --cluster jean-zay-a100 --nodes 1 --data 4 -o a.json",
                words: ["--data", "expected 8, or no --data, found 4"]),
            Refusal(options: "bloom-176b --cluster laptop -o a.json", words: ["needs 384 accelerators", "laptop"]),
            Refusal(
                options: "bloom-176b --cluster jean-zay-a100 --ranks all -o a.json",
                words: ["too many events", "at most 800000", "--ranks folded"]),
            Refusal(options: "--check nowhere.json", words: ["nowhere.json", "cannot be read"]),
        ]

        @Test(arguments: refusals) func badInputIsRefused(refusal: Refusal) throws {
            let outcome = try folder.serre(line: "timeline " + refusal.options)
            #expect(outcome.status == refusal.status && outcome.output.isEmpty, "\(outcome)")
            let sentence = try outcome.sentence()
            for word in refusal.words { #expect(sentence.contains(word), "“\(word)” is not in: \(sentence)") }
            #expect(folder.names().filter { !$0.hasPrefix(".") } == [], "something was left")
        }

        @Test(arguments: [
            "timeline", "timeline nano", "timeline nano --cluster laptop --check a.json", "timeline nano --detail all",
        ])
        func badUsageIsAUsageError(line: String) throws {
            let outcome = try folder.serre(line: line)
            #expect(outcome.status == 2 && outcome.output.isEmpty)
            #expect(outcome.errors.contains("Error: ") && outcome.errors.contains("--help"))
        }

        /// A model of 405 billion parameters on 16,384 accelerators.
        static let large =
            "timeline llama-2-7b --cluster jean-zay-a100 --set model.layers=126 --set model.hidden=16384 --set "
            + "model.heads=128 --set model.key_value_heads=8 --set model.ffn=53248 --set model.sequence_length=8192 --set "
            + "model.vocabulary=128256 --set model.padded_vocabulary=128256 --set batch.global=2048 --set lanes=128 "
            + "--set-profile nodes.count=2048 --tensor 8 --pipeline 16 --data 128 --micro-batch 1"

        @Test func aLargeClusterHasATraceThatAViewerLoads() throws {
            let outcome = try folder.serre(line: Self.large + " --microbatches 0-3 -o step.json --svg step.svg --json")
            #expect(outcome.status == 0, "\(outcome)")
            #expect(try folder.data("step.json").count < 100_000_000)
            #expect(try folder.data("step.svg").count < 1_000_000)
            #expect(try folder.serre(line: "timeline --check step.json").status == 0)
            let all = try folder.serre(line: Self.large + " --ranks all -o all.json")
            #expect(all.status == 2 && !folder.exists("all.json"))
            let differing = try folder.serre(
                line: Self.large + " --set-profile nodes.accelerators_per_node=3 --set-profile nodes.count=9999")
            #expect(differing.status == 2)
            #expect(try differing.sentence().contains("too long to be recorded: expected at most 4096"))
        }

        @Test func thePicturesOfTheReadmeAreThoseOfTheScript() throws {
            let script = Executable.sourceRoot + "/scripts/pictures"
            let outcome = try folder.run(
                ["bash", script, folder("drawn")], environment: ["SERRE_BINARY": try Executable.serre()])
            #expect(outcome.status == 0, "\(outcome)")
            let kept = Executable.sourceRoot + "/docs/"
            let names = folder.names(in: "drawn")
            #expect(names == ["pipeline.svg"])
            for name in names {
                let old = try Data(contentsOf: URL(fileURLWithPath: kept + name))
                #expect(try folder.data("drawn/" + name) == old, "run scripts/pictures and look at what changed")
            }
        }
    }
}
