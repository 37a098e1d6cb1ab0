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

        @Test func aTrainedScenarioIsARunLikeAnyOther() throws {
            try folder.makeRepository("work")
            let options = "--tensor 2 --data 2 --set checkpoint.every_steps=2 --set evaluation.every_steps=2"
            let plain = try folder.serre(line: "train nano \(options) --no-ledger --json").digest()
            let outcome = try folder.serre(
                line: "train nano \(options) --cluster jean-zay-a100 --scenario dead-accelerator --json", at: "work")
            #expect(outcome.status == 0, "\(outcome)")
            let lines = try outcome.objects()
            let end = try #require(lines.last)
            #expect(end["state_digest"] as? String == plain && end["reference_digest"] as? String == plain)
            #expect(end["outcome"] as? String == "finished" && end["restarts"] as? Int == 1)
            #expect(lines.dropLast().allSatisfy { ($0["virtual_seconds"] as? Double ?? 0) > 0 })
            let run = try #require(end["run"] as? String)
            // Its record holds every step, what befell it, and what it went on from; a replay finds it whole.
            let shown = try folder.serre("runs", "show", run, at: "work")
            #expect(shown.output.contains("scenario   dead-accelerator, rehearsed"), "\(shown)")
            #expect(shown.output.contains("rank_crash: ") && shown.output.contains("  resume  "), "\(shown)")
            #expect(shown.output.contains("scenario.yaml"))
            let replayed = try folder.serre("runs", "replay", run, "--json", at: "work")
            #expect(try replayed.objects(1)[0]["identical"] as? Bool == true, "\(replayed)")
            let verified = try folder.serre("runs", "verify", run, "--level", "inputs", at: "work")
            #expect(verified.status == 0, "\(verified)")
            // What the simulated disk held can be used.
            let generated = try folder.serre("generate", "runs/\(run)", "--prompt", "a", "--length", "4", at: "work")
            #expect(generated.status == 0, "\(generated)")
        }

        @Test func aRefusedScenarioCanBeResumedForReal() throws {
            try folder.write(
                "name: full\nevents:\n  - {kind: full_disk, step: 5, operation: 0, times: 1000}\n", to: "full.yaml")
            let plain = try folder.serre(line: "train nano --no-ledger --json").digest()
            let line =
                "train nano --cluster jean-zay-a100 --scenario full.yaml --no-ledger --set checkpoint.every_steps=2 "
                + "--output .//runs/"
            let refused = try folder.serre(line: line)
            #expect(refused.status == 1 && refused.errors.contains("No space left"), "\(refused)")
            let resumed = try folder.serre(line: "train --resume --no-ledger --json")
            #expect(try resumed.digest() == plain, "\(resumed)")
        }

        @Test func silentFaultsNeedAnAudit() throws {
            let line = "train nano --tensor 2 --data 2 --cluster jean-zay-a100 --scenario drifting-replicas --no-ledger"
            let silent = try folder.serre(line: line)
            #expect(silent.status == 1 && silent.errors.contains("--set audit.repeat_every=1"), "\(silent)")
            let audited = try folder.serre(line: line + " --set audit.replicas_every=1")
            #expect(audited.status == 0 && audited.output.contains("as without faults"), "\(audited)")
        }

        /// When a message comes must not look like another result: not over MPI, nor on a network that loses some.
        @Test(arguments: [
            "--tensor 2 --micro-batch 2", "--data 2 --zero 3 --micro-batch 2",
            "--tensor 2 --sequence-parallel on --pipeline 2 --micro-batch 4",
        ])
        func anAuditFindsNothingWhereNothingIsWrong(layout: String) throws {
            let audit = " --no-ledger --set audit.repeat_every=1 --set audit.replicas_every=1 \(layout)"
            let plain = try folder.serre(line: "train nano --json --no-ledger --steps 4").digest()
            let apart = try folder.onProcesses(2, "train nano --json --steps 4" + audit)
            #expect(apart.status == 0 && !apart.errors.contains("differently"), "\(apart)")
            #expect(try apart.digest() == plain)
            let lossy = "train nano --cluster jean-zay-a100 --scenario bad-network --output lossy" + audit
            let outcome = try folder.serre(line: lossy)
            #expect(outcome.status == 0 && !outcome.errors.contains("differently"), "\(outcome)")
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
            let endless = try folder.serre(line: "soak --seed 100 --seed-seconds 0.001 --steps 200")
            #expect(endless.status == 1 && endless.errors.contains("seed 100"), "\(endless)")
            #expect(endless.errors.contains("has not ended after 0.001 s; repeat it with: serre soak nano --seed 100"))
            let alone = try folder.serre(line: "soak --seed 100")
            #expect(alone.status == 0 && alone.errors.contains("seed-100"), "\(alone)")
        }

        @Test(arguments: [(SIGILL, "SIGILL"), (SIGABRT, "SIGABRT"), (SIGSEGV, "SIGSEGV")])
        func aCrashOfTheSoakNamesItsSeeds(signal: Int32, name: String) throws {
            let soak = try Running(
                [Executable.serre(), "soak", "--seeds", "1000000", "--first", "700", "--steps", "3", "--threads", "2"],
                in: folder, seconds: 120)
            // A thread's records have a folder once it is at a seed.
            let files = FileManager.default
            try soak.wait(until: "the first seeds") {
                let own = ((try? files.contentsOfDirectory(atPath: "/dev/shm")) ?? []).filter {
                    $0.hasPrefix("serre-\(soak.id)-")
                }
                return own.contains { place in
                    (0..<2).allSatisfy { files.fileExists(atPath: "/dev/shm/\(place)/thread-\($0)") }
                }
            }
            soak.send(signal)
            let outcome = soak.finish()
            #expect(outcome.status == 128 + signal, "\(outcome)")
            let told = outcome.errors.split(separator: "\n").filter {
                $0.hasPrefix("serre: error: \(name) ends the soak")
            }
            #expect((1...2).contains(told.count), "\(outcome)")
            for line in told {
                let seed = try #require(line.split(separator: " ").drop { $0 != "--seed" }.dropFirst().first)
                #expect(try #require(UInt64(seed)) >= 700)
                #expect(line.hasSuffix("repeat it with: serre soak nano --seed \(seed) --steps 3"), "\(line)")
            }
        }

        @Test func aSoakThatStoodStillIsNotTakenForAnEndlessSeed() throws {
            let soak = try Running(
                [Executable.serre(), "soak", "--seeds", "60", "--first", "300", "--seed-seconds", "5", "--json"],
                in: folder, seconds: 120)
            let files = FileManager.default
            try soak.wait(until: "a first seed") {
                ((try? files.contentsOfDirectory(atPath: "/dev/shm")) ?? []).contains {
                    $0.hasPrefix("serre-\(soak.id)-") && files.fileExists(atPath: "/dev/shm/\($0)/thread-0")
                }
            }
            soak.send(SIGSTOP)
            sleep(8)
            #expect(ProcessTree.isAlive(soak.id))
            soak.send(SIGCONT)
            let outcome = soak.finish()
            #expect(outcome.status == 0, "\(outcome)")
            #expect(try outcome.objects(1)[0]["seeds"] as? Int == 60)
        }

        @Test func badScenariosAreSaid() throws {
            try folder.write("name: a\nevents:\n  - {kind: node_loss, step: 3, node: 7}\n", to: "node.yaml")
            try folder.write("name: a\nrates: {hang: 1.5}\n", to: "rate.yaml")
            try folder.write("name: a\nevents:\n  - {kind: hang, step: 99}\n", to: "late.yaml")
            for (line, says) in [
                ("scenario check node.yaml", "no such node"), ("scenario run rate.yaml", "rate.yaml:2"),
                ("scenario check late.yaml", "ends before it"), ("scenario show torn-svae", "did you mean torn-save"),
                ("soak --seeds 0", "--seeds"), ("soak none", "no such recipe"),
                ("train nano --scenario torn-save", "needs --cluster"),
                ("train nano --cluster jean-zay-a100 --scenario torn-save --steps 3", "--scenario and --steps"),
                ("train nano --cluster jean-zay-a100 --scenario node.yaml", "no such node"),
            ] {
                let outcome = try folder.serre(line: line)
                #expect(outcome.status == 2 && outcome.errors.contains(says), "\(line): \(outcome)")
            }
        }
    }
}
