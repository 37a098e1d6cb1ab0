import Foundation
import Testing

extension EndToEnd {
    @Suite struct TrainOutput {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        static let stepKeys: Set = [
            "step", "samples", "tokens", "loss", "learning_rate", "gradient_norm", "seconds", "tokens_per_second",
            "fingerprint", "digest",
        ]
        static let lastKeys: Set = ["run", "steps", "final_loss", "state_digest"]

        @Test func jsonHasALinePerStepAndThePromisedKeysOnly() throws {
            let outcome = try folder.serre(line: "train nano --json")
            #expect(outcome.status == 0)
            let objects = try outcome.objects(11)
            for (index, object) in objects.dropLast().enumerated() {
                #expect(Set(object.keys) == Self.stepKeys)
                #expect(object["step"] as? Int == index + 1)
                #expect(object["samples"] as? Int == 16 * (index + 1))
                #expect(object["tokens"] as? Int == 16 * 32 * (index + 1))
            }
            let last = try #require(objects.last)
            #expect(Set(last.keys) == Self.lastKeys)
            #expect(last["steps"] as? Int == 10)
            #expect(last["state_digest"] as? String == objects[9]["digest"] as? String)
            #expect(folder.names(in: "runs").contains(try #require(last["run"] as? String)))
        }

        @Test func aSimulatedClusterAddsVirtualSeconds() throws {
            let outcome = try folder.serre(
                line: "train nano --json --steps 3 --tensor 2 --data 2 --cluster jean-zay-a100")
            let objects = try outcome.objects(4)
            for object in objects.dropLast() { #expect(Set(object.keys) == Self.stepKeys.union(["virtual_seconds"])) }
            let perStep = try #require(objects[0]["virtual_seconds"] as? Double)
            let total = try #require(objects[3]["virtual_seconds"] as? Double)
            #expect(perStep > 0 && abs(total - 3 * perStep) < 1e-12)
        }

        @Test func whatAnAuditHasCostIsToldAtTheEnd() throws {
            let line = "train nano --steps 4 --tensor 2 --set audit.repeat_every=2 --set audit.replicas_every=1"
            let text = try folder.serre(line: line)
            #expect(text.status == 0)
            let expected = "audit   2 steps computed again, 4 comparisons of what ranks hold alike: "
            let said = try #require(text.output.split(separator: "\n").first { $0.hasPrefix(expected) }, "\(text)")
            #expect(said.hasSuffix(" % of the time"))
            let last = try #require(try folder.serre(line: line + " --json").objects(5).last)
            #expect(Set(last.keys) == Self.lastKeys.union(["audit_seconds"]))
            #expect(try #require(last["audit_seconds"] as? Double) > 0)
        }

        /// A run that has blown up ends as any other: its numbers are the guard's business, not a mistake of printing.
        @Test(arguments: ["", " --json"]) func aRunThatHasDivergedIsReported(option: String) throws {
            let line = "train nano --steps 1 --set optimizer.learning_rate_peak=1e18"
            let outcome = try folder.serre(line: line + option)
            #expect(outcome.status == 0 && !outcome.errors.contains("JSON"), "\(outcome)")
        }

        @Test func theSameCommandPrintsTheSameBytesButForClockAndName() throws {
            func lines(_ output: String) throws -> [String] {
                try folder.serre("train", "nano", "--json", "--output", output).objects().map { object in
                    let kept = object.filter { !["run", "seconds", "tokens_per_second"].contains($0.key) }
                    return String(
                        decoding: try JSONSerialization.data(withJSONObject: kept, options: .sortedKeys), as: UTF8.self)
                }
            }
            #expect(try lines("a") == lines("b"))
        }

        @Test func forPeopleTheResultIsOnStandardOutputAndTheRestOnStandardError() throws {
            let outcome = try folder.serre(line: "train nano --steps 3")
            #expect(outcome.status == 0)
            #expect(outcome.lines.map { $0.prefix { $0 != " " } } == ["run", "steps", "loss", "digest"])
            #expect(outcome.output.contains("steps   3 of 10"))
            #expect(outcome.errors.contains("217,088 parameters"))
            #expect(outcome.errors.contains("serre train --resume runs/"))
            #expect(!outcome.errors.contains("\u{1B}"), "no terminal, no control characters")
        }

        @Test func everyStepIsInTheMetricsFile() throws {
            let outcome = try folder.serre(line: "train nano --json")
            let metrics = try folder.text(folder.firstRun() + "/metrics.jsonl").split(separator: "\n")
            #expect(Array(metrics.prefix(10)) == Array(outcome.lines.prefix(10)))
            #expect(metrics.count == 11 && metrics[10].contains("bits_per_byte"))
        }

        @Test func aDryRunTellsAndTrainsNothing() throws {
            let outcome = try folder.serre(line: "train nano --tensor 2 --data 2 --dry-run")
            #expect(outcome.status == 0)
            for word in ["memory", "disk", "promise", "exact-1", "217,088", "10 of 16 samples"] {
                #expect(outcome.output.contains(word), "\(word)")
            }
            #expect(folder.runs().isEmpty)
            let again = try folder.serre(line: "train nano --tensor 2 --data 2 --dry-run")
            // What the machine has free at the moment, and how fast it just was, are no promise.
            func lasting(_ outcome: Outcome) -> [Substring] {
                outcome.lines.filter { line in !["time", "memory", "disk"].contains { line.hasPrefix($0) } }
            }
            #expect(lasting(again) == lasting(outcome))
        }

        @Test func aDryRunInJSONIsOneObject() throws {
            let objects = try folder.serre(line: "train nano --tensor 2 --dry-run --json").objects()
            #expect(objects.count == 1)
            #expect(objects.first?["parameters"] as? Int == 217_088)
            #expect(objects.first?["steps"] as? Int == 10)
            #expect(objects.first?["ranks"] as? Int == 2)
            #expect(objects.first?["save_copy_bytes"] as? Int == 0)
        }

        @Test func aDryRunStatesTheCopyOfTheStateThatSavingMakes() throws {
            let every = "train nano --dry-run --set checkpoint.every_steps=5"
            let text = try folder.serre(line: every).output
            #expect(
                text.contains("saving      every 5 steps, in the background: 2.48 MiB more memory in all meanwhile"))
            let objects = try folder.serre(line: every + " --json").objects()
            #expect(objects.first?["save_copy_bytes"] as? Int == 12 * 217_088)
            let still = try folder.serre(line: every + " --json --set checkpoint.asynchronous=false").objects()
            #expect(still.first?["save_copy_bytes"] as? Int == 0)
        }

        @Test func aDryRunUnderMPIIsSaidOnce() throws {
            let outcome = try folder.onProcesses(2, "train nano --tensor 2 --dry-run --json")
            let objects = try outcome.objects()
            #expect(outcome.status == 0 && objects.count == 1 && objects[0]["processes"] as? Int == 2, "\(outcome)")
        }

        @Test func theLossFallsWellBelowWhereItBegan() throws {
            let objects = try folder.serre(line: "train nano --json").objects(11)
            let losses = objects.compactMap { $0["loss"] as? Double }
            try #require(losses.count == 10)
            #expect(losses[0] > 5.4, "about the logarithm of the vocabulary")
            #expect(losses[9] < losses[0] - 1.5)
        }
    }
}
