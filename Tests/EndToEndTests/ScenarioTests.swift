import Foundation
import Testing

extension EndToEnd {
    /// Runs under glass, as a user has them.
    @Suite struct Scenarios {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        @Test func aRunLivesThroughAScenario() throws {
            let plain = try folder.serre(line: "train nano --no-ledger --json").digest()
            let outcome = try folder.serre(
                line: "scenario run dead-accelerator nano --tensor 2 --data 2 --set checkpoint.every_steps=2 --json")
            #expect(outcome.status == 0, "\(outcome)")
            let result = try outcome.objects(1)[0]
            #expect(result["outcome"] as? String == "finished" && result["jobs"] as? Int == 2)
            #expect(result["state_digest"] as? String == plain)
            #expect((result["incidents"] as? [String])?.isEmpty == false)
            #expect(result["problems"] as? [String] == [])
        }

        @Test func aScenarioOfOnesOwn() throws {
            try folder.write(
                "name: mine\nevents:\n  - {kind: message_lost, step: 2}\nexpect: {restarts: 3}\n", to: "mine.yaml")
            let check = try folder.serre(line: "scenario check mine.yaml nano --data 2")
            #expect(check.status == 0, "\(check)")
            let run = try folder.serre(line: "scenario run mine.yaml nano --data 2")
            #expect(try run.status == 1 && run.sentence() == "expected 3 restarts, found 0")
        }

        @Test func aSoakSaysWhatItFound() throws {
            let outcome = try folder.serre(line: "soak --seeds 4 --first 100 --json")
            #expect(outcome.status == 0, "\(outcome)")
            let result = try outcome.objects(1)[0]
            #expect(
                Set(result.keys) == ["seeds", "failed", "recovered", "refused", "seconds", "first_failure", "faults"])
            #expect(result["seeds"] as? Int == 4 && result["failed"] as? Int == 0)
            #expect(result["first_failure"] is NSNull)
            let alone = try folder.serre(line: "soak --seed 100")
            #expect(alone.status == 0 && alone.errors.contains("seed-100"), "\(alone)")
        }

        @Test func badScenariosAreSaid() throws {
            try folder.write("name: a\nevents:\n  - {kind: node_loss, step: 3, node: 7}\n", to: "node.yaml")
            try folder.write("name: a\nrates: {hang: 1.5}\n", to: "rate.yaml")
            try folder.write("name: a\nevents:\n  - {kind: hang, step: 99}\n", to: "late.yaml")
            for (line, says) in [
                ("scenario check node.yaml", "no such node"), ("scenario run rate.yaml", "rate.yaml:2"),
                ("scenario check late.yaml", "ends before it"), ("scenario show torn-svae", "did you mean torn-save"),
                ("soak --seeds 0", "--seeds"), ("soak none", "no such recipe"),
            ] {
                let outcome = try folder.serre(line: line)
                #expect(outcome.status == 2 && outcome.errors.contains(says), "\(line): \(outcome)")
            }
        }
    }
}
