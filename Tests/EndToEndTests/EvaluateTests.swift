import Foundation
import Testing

extension EndToEnd {
    /// A model is examined, its results recorded and compared, as a user would do it.
    @Suite struct EvaluateTests {
        private let folder: TestFolder

        init() throws { folder = try TestFolder() }

        @Test func aModelIsExaminedRecordedAndCompared() throws {
            try folder.makeRepository("work")
            #expect(try folder.serre(line: "train nano --steps 4", at: "work").status == 0)
            let run = try #require(
                folder.runs(in: "work/runs").first.map { "runs/" + ($0 as NSString).lastPathComponent })
            let examined = try folder.serre(line: "evaluate \(run) greenhouse memory -o one.json", at: "work")
            #expect(examined.status == 0, "\(examined)")
            #expect(examined.output.contains("bits_per_byte") && examined.output.contains("pct_stereotype"))
            #expect(examined.errors.contains("Recorded in refs/serre/runs/"))
            #expect(examined.errors.contains("choices: 8 of 22 items are longer than the model's 32 tokens"))
            #expect(examined.output.split(separator: "\n").allSatisfy { $0.count <= 100 })

            // The record names the state that was measured, and stays whole and repeatable.
            let name = (run as NSString).lastPathComponent
            let message = try folder.git("log", "-1", "--format=%B", "refs/serre/runs/\(name)", at: "work")
            let result = try JSONSerialization.jsonObject(with: folder.data("work/one.json")) as? [String: Any]
            let model = try #require(result?["model"] as? [String: Any])
            let digest = try #require(model["state_digest"] as? String)
            #expect(message.contains("suite memory at step 4: held-out bits_per_byte"))
            #expect(message.contains("Serre-Event: examination") && message.contains("Serre-Digest: \(digest)"))
            #expect(message.contains("Serre-State: "))
            let files = try folder.serre(line: "runs show \(name)", at: "work").output
            #expect(files.contains("suites/00000004/greenhouse.json") && files.contains("suites/00000004/memory.json"))
            // Their figures are in the same words as serre evaluate's.
            let shown = try #require(examined.output.split(separator: "\n").first { $0.hasPrefix("answers     all") })
            let words = shown.split(separator: " ").filter { $0 != "all" }.joined(separator: " ")
            let listed = files.split(separator: "\n").map { $0.split(separator: " ").joined(separator: " ") }
            #expect(listed.contains("greenhouse 4 " + words), "\(files)")
            let objects = try #require(try folder.serre(line: "runs show \(name) --json", at: "work").objects(1).first)
            let suites = try #require(objects["suites"] as? [[String: Any]])
            #expect(suites.map { $0["suite"] as? String } == ["greenhouse", "memory"])
            #expect(suites[0]["state_digest"] as? String == digest)
            for line in ["runs verify \(name)", "runs replay \(name) --steps 1..2", "report \(name) -o page.html"] {
                let outcome = try folder.serre(line: line, at: "work")
                #expect(outcome.status == 0, "\(line): \(outcome)")
            }

            // Whatever the batch, the workers and the instruction set, the same bytes; the exported folder has the same items.
            let again = try folder.serre(
                line: "evaluate run \(run) greenhouse memory -o two.json --batch 3 --workers 1 --no-ledger", at: "work",
                environment: ["SERRE_ISA": "scalar"])
            #expect(again.output == examined.output)
            #expect(try folder.data("work/two.json") == folder.data("work/one.json"))
            #expect(try folder.serre(line: "model export \(run) -o out", at: "work").status == 0)
            #expect(try folder.serre(line: "evaluate out greenhouse -o out.json", at: "work").status == 0)
            let lines = try folder.serre(line: "evaluate compare one.json out.json --json", at: "work").objects()
            #expect(lines.count > 10)
            #expect(lines.allSatisfy { $0["difference"] as? Double == 0 && $0["p"] as? Double == 1 })

            // Another model: by its record.
            #expect(try folder.serre(line: "train nano --steps 6 --seed 7", at: "work").status == 0)
            let other = try #require(folder.runs(in: "work/runs").last.map { ($0 as NSString).lastPathComponent })
            #expect(try folder.serre(line: "evaluate runs/\(other) greenhouse", at: "work").status == 0)
            let compared = try folder.serre(line: "evaluate compare \(name) runs/\(other)", at: "work")
            #expect(compared.status == 0 && compared.output.contains("brier_score"), "\(compared)")
            #expect(compared.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
            let differs = try folder.serre(line: "runs diff \(name) \(other)", at: "work")
            #expect(differs.output.contains("results of suites") && differs.output.contains("step 4 greenhouse"))
            #expect(differs.output.split(separator: "\n").allSatisfy { $0.count <= 100 })
        }

        @Test func whatCannotBeExaminedIsRefused() throws {
            #expect(try folder.serre(line: "train nano --steps 2 --no-ledger").status == 0)
            let run = try folder.firstRun()
            try folder.write("name: s\ntasks:\n  - {name: t, kind: text, file: i.jsonl, labell: x}\n", to: "key.yaml")
            try folder.write("name: s\ntasks:\n  - {name: t, kind: text, file: i.jsonl}\n", to: "empty.yaml")
            try folder.write("", to: "i.jsonl")
            let cases: [(line: String, words: String)] = [
                ("evaluate \(run) key.yaml", "key.yaml:3: tasks.1.labell: unknown key"),
                ("evaluate \(run) empty.yaml", "there is no item in the file"),
                ("evaluate \(run) grenhouse", "did you mean greenhouse?"),
                ("evaluate \(run) no.yaml", "there is no such file"),
                ("evaluate runs/no greenhouse", "there is no such run"),
                ("evaluate . greenhouse", "there is no complete checkpoint and no Hugging Face model"),
                ("evaluate \(run) greenhouse --step 1", "expected one of 2, found 1"),
                ("evaluate \(run) greenhouse -o no/such/folder.json", "the results cannot be written here"),
                ("evaluate compare i.jsonl i.jsonl", "this is not a file of results"),
                ("evaluate harness \(run) --suite greenhouse", "the harness reads Hugging Face folders"),
            ]
            for (line, words) in cases {
                let refused = try folder.serre(line: line)
                #expect(refused.status == 2 && refused.output.isEmpty, "\(line): \(refused)")
                #expect(try refused.sentence().contains(words), "\(refused)")
            }
            // Runs have short names, too.
            for name in ["latest", String(run.suffix(4))] {
                let named = try folder.serre(line: "evaluate \(name) greenhouse --no-ledger")
                #expect(named.status == 0, "\(named)")
            }
            #expect(try folder.serre(line: "model export latest -o exported").status == 0)
            let text = try folder.serre(line: "generate latest --prompt a --length 2")
            #expect(text.status == 0, "\(text)")
            // A run that goes on is measured where it last saved, and that is said.
            let busy = try folder.shell(
                "flock \(run)/lock \(try Executable.serre()) evaluate \(run) greenhouse --no-ledger")
            #expect(
                busy.status == 0 && busy.errors.contains("still being trained: its checkpoint of step 2"), "\(busy)")
            // A checkpoint that is still being written is none, and one that is damaged is not measured.
            _ = try folder.shell("mv \(run)/checkpoints/step-00000002/index.json kept")
            #expect(try folder.serre(line: "evaluate \(run) greenhouse").sentence().contains("no complete checkpoint"))
            _ = try folder.shell("mv kept \(run)/checkpoints/step-00000002/index.json")
            _ = try folder.shell("truncate -s -4 \(run)/checkpoints/step-00000002/*.safetensors")
            let damaged = try folder.serre(line: "evaluate \(run) greenhouse")
            #expect(damaged.status == 2 && !damaged.errors.contains("Fatal"), "\(damaged)")
        }

        @Test func theHarnessGetsTheSuiteAsTasksOfItsOwn() throws {
            #expect(try folder.serre(line: "train nano --steps 1 --no-ledger").status == 0)
            #expect(try folder.serre(line: "model export \(try folder.firstRun()) -o out").status == 0)
            let printed = try folder.serre(line: "evaluate harness out --suite greenhouse -o h --dry-run -- --limit 3")
            #expect(printed.status == 0, "\(printed)")
            #expect(printed.output.contains("max_length=32") && printed.output.hasSuffix("--limit 3\n"))
            #expect(try folder.text("h/tasks/serre_greenhouse_choices.yaml").contains("output_type: multiple_choice"))
            #expect(try folder.text("h/tasks/serre_greenhouse_choices.jsonl").split(separator: "\n").count == 22)
            let missing = try folder.serre(
                line: "evaluate harness out --suite greenhouse -o h --lm-eval no-such-program")
            #expect(missing.status == 2, "\(missing)")
            #expect(try missing.sentence().contains("pip install"))
        }

        @Test func textsAreTheSameHoweverTheyAreAskedFor() throws {
            #expect(try folder.serre(line: "train nano --steps 3 --no-ledger").status == 0)
            let run = try folder.firstRun()
            try folder.write("{\"prompt\":\"Le \"}\n{\"prompt\":\"The s\"}\n\n{\"prompt\":\"Ein\"}\n", to: "p.jsonl")
            try folder.write("Le \nThe s\nEin\n", to: "p.txt")
            let sampling = "--length 12 --temperature 0.9 --top-k 40 --top-p 0.95 --seed 3"
            let whole = try folder.serre(line: "generate \(run) --prompts p.jsonl --json \(sampling)")
            #expect(try whole.objects(3).compactMap { $0["prompt"] as? String } == ["Le ", "The s", "Ein"], "\(whole)")
            let single = try folder.serre(line: "generate \(run) --prompts p.txt --json --batch 1 \(sampling)")
            #expect(single.output == whole.output)
            let slow = try folder.serre(line: "generate \(run) --prompts p.txt --json --no-cache \(sampling)")
            #expect(slow.output == whole.output)
            // The first text alone, shown as it is written, is the first of all.
            let lines = try folder.serre(line: "generate \(run) --prompts p.txt \(sampling)").lines
            let alone = try folder.serre(
                "generate", run, "--prompt", "Le ", "--length", "12", "--temperature", "0.9",
                "--top-k", "40", "--top-p", "0.95", "--seed", "3")
            #expect(alone.lines == [lines[0]])
            // The likeliest token is all that top-k 1 leaves.
            let greedy = try folder.serre(line: "generate \(run) --prompts p.txt --length 12 --temperature 0")
            #expect(
                try folder.serre(line: "generate \(run) --prompts p.txt --length 12 --top-k 1").output == greedy.output)
            // A stop ends a text, and is not part of it.
            let text = try #require(greedy.lines[1].split(separator: "│").last)
            let stop = String(text.suffix(1))
            let stopped = try folder.serre(
                "generate", run, "--prompt", "The s", "--length", "12", "--temperature", "0", "--stop", stop)
            #expect(stopped.status == 0 && !stopped.output.dropFirst(5).dropLast().hasSuffix(stop), "\(stopped)")
            for (words, message) in [
                ("--prompts no.txt", "cannot be read"), ("--prompts e.txt", "no prompt in the file"),
            ] {
                try folder.write("\n", to: "e.txt")
                let refused = try folder.serre(line: "generate \(run) \(words)")
                #expect(refused.status == 2, "\(refused)")
                #expect(try refused.sentence().contains(message))
            }
            for words in ["--top-k 0", "--top-p 1.5", "--top-p 0", "--batch 0"] {
                #expect(try folder.serre(line: "generate \(run) --prompt a \(words)").status == 2)
            }
        }
    }
}
