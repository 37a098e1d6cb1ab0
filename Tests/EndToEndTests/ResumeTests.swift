import Foundation
import Testing

extension EndToEnd {
    @Suite struct Resume {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        /// A run stopped after step 2; returns its id.
        private func stoppedRun() throws -> String {
            let outcome = try folder.serre(line: "train nano --steps 2 --json --no-ledger")
            return try #require(try outcome.objects().last?["run"] as? String, "\(outcome)")
        }

        @Test func aloneByIdAndByFolder() throws {
            let id = try stoppedRun()
            let straight = try folder.serre(line: "train nano --json --no-ledger --output straight").digest()
            for (steps, name) in [(3, ""), (4, id), (5, "runs/" + id)] {
                let outcome = try folder.serre(line: "train --resume \(name) --steps \(steps) --json --no-ledger")
                #expect(try outcome.objects().last?["steps"] as? Int == steps, "\(outcome)")
                #expect(try outcome.objects().last?["run"] as? String == id)
            }
            let elsewhere = try folder.serre(
                "train", "--resume", folder("runs/" + id), "--json", "--no-ledger", at: "straight")
            #expect(try elsewhere.digest() == straight)
        }

        @Test func aPartOfOnlyOneIdIsEnough() throws {
            let first = try stoppedRun()
            let outcome = try folder.serre(line: "train --resume \(first.suffix(4)) --steps 3 --json --no-ledger")
            #expect(try outcome.objects().last?["run"] as? String == first)
            let second = try stoppedRun()
            let ambiguous = try folder.serre(line: "train --resume nano --json --no-ledger")
            #expect(ambiguous.status == 2 && ambiguous.output.isEmpty)
            let sentence = try ambiguous.sentence()
            #expect(sentence.contains("part of 2 run ids") && sentence.contains(first) && sentence.contains(second))
            #expect(try folder.serre(line: "train --resume \(second) --steps 3 --no-ledger").status == 0)
        }

        @Test func aloneTakesTheLatestRun() throws {
            _ = try stoppedRun()
            sleep(1)  // run ids count seconds
            let latest = try stoppedRun()
            let outcome = try folder.serre(line: "train --resume --json --no-ledger")
            #expect(try outcome.objects().last?["run"] as? String == latest)
        }

        @Test func aFinishedRunIsLeftAsItIs() throws {
            let first = try folder.serre(line: "train nano --json --no-ledger")
            let again = try folder.serre(line: "train --resume --json --no-ledger")
            #expect(try again.digest() == first.digest())
            #expect(again.lines.count == 1)
        }

        @Test func theRunRemembersItsCorpus() throws {
            try folder.write(String(repeating: "Ein anderer Text. ", count: 2000), to: "text/de/a.txt")
            #expect(try folder.serre(line: "corpus build text -o other").status == 0)
            let straight = try folder.serre(line: "train nano --corpus other --json --no-ledger --output straight")
                .digest()
            #expect(try folder.serre(line: "train nano --corpus other --steps 2 --json --no-ledger").status == 0)
            #expect(try folder.serre(line: "train --resume --json --no-ledger").digest() == straight)
        }

        @Test func anotherCorpusIsRefused() throws {
            _ = try stoppedRun()
            try folder.write(String(repeating: "Ein anderer Text. ", count: 2000), to: "text/de/a.txt")
            #expect(try folder.serre(line: "corpus build text -o other").status == 0)
            let outcome = try folder.serre(line: "train --resume --corpus other")
            #expect(outcome.status == 2 && outcome.output.isEmpty)
            let sentence = try outcome.sentence()
            #expect(sentence.contains("corpus") && sentence.contains("--corpus"))
        }

        @Test func whatCannotBeResumedIsRefused() throws {
            let none = try folder.serre(line: "train --resume")
            #expect(none.status == 2)
            #expect(try none.sentence().contains("no run to resume under runs"))
            let id = try stoppedRun()
            let near = try folder.serre(line: "train --resume \(id.dropLast())x\(id.suffix(1))")
            #expect(near.status == 2)
            #expect(try near.sentence().contains("did you mean \(id)?"))
            try folder.remove("runs/\(id)/checkpoints/step-00000002")
            let empty = try folder.serre(line: "train --resume \(id)")
            #expect(empty.status == 2)
            #expect(try empty.sentence().contains("no complete checkpoint"))
        }

        @Test(arguments: [
            "--seed 7", "--global-batch 8", "--numerics blas", "--set optimizer.learning_rate_peak=0.1",
        ])
        func optionsThatChangeTheResultAreRefused(option: String) throws {
            let id = try stoppedRun()
            let before = try folder.contents(of: "runs/" + id)
            let outcome = try folder.serre(line: "train --resume \(option)")
            #expect(outcome.status == 2 && outcome.output.isEmpty)
            let sentence = try outcome.sentence()
            #expect(sentence.contains(option.split(separator: " ")[0]) && sentence.contains("change the result"))
            #expect(try folder.contents(of: "runs/" + id) == before)
        }

        /// The sections that the result's digest leaves out may change, and the record says how.
        @Test func whatCannotChangeTheResultMayChange() throws {
            try folder.makeRepository("one")
            let straight = try folder.serre(line: "train nano --json --no-ledger --output straight").digest()
            #expect(try folder.serre(line: "train nano --steps 2 --json", at: "one").status == 0)
            let resumed = try folder.serre(
                line: "train --resume --json --seed 42 --set checkpoint.every_steps=3 --set evaluation.every_steps=4"
                    + " --set layout.data=4 --micro-batch 2 --set digest_every=1 --set audit.repeat_every=5", at: "one")
            #expect(try resumed.digest() == straight, "\(resumed)")
            let run = try #require(folder.runs(in: "one/runs").first)
            #expect(resumed.errors.contains("step 9: saved"))
            let id = try #require(run.split(separator: "/").last)
            let recipe = try folder.git("show", "refs/serre/runs/\(id):resumes/00000002.yaml", at: "one")
            #expect(recipe.contains("every_steps: 3") && recipe.contains("every_steps: 4"))
        }

        /// No step depends on where a run ends, so a finished one may go on as if it had been longer from the start.
        @Test func aRunMayBeMadeLonger() throws {
            try folder.makeRepository("one")
            let straight = try folder.serre(
                line: "train nano --json --no-ledger --output straight --set optimizer.train_samples=320"
            ).digest()
            #expect(try folder.serre(line: "train nano --json", at: "one").objects().last?["steps"] as? Int == 10)
            let longer = try folder.serre(
                line: "train --resume --json --steps 12 --tensor 2 --set optimizer.train_samples=320", at: "one")
            #expect(try longer.objects().last?["steps"] as? Int == 12, "\(longer)")
            // The run remembers.
            let rest = try folder.serre(line: "train --resume --json", at: "one")
            #expect(try rest.digest() == straight, "\(rest)")
            #expect(try rest.objects().last?["steps"] as? Int == 20)
            for key in ["train_samples", "extended_samples"] {
                let shorter = try folder.serre(line: "train --resume --set optimizer.\(key)=200", at: "one")
                #expect(shorter.status == 2)
                #expect(try shorter.sentence().contains("it can only be made longer"))
            }
            #expect(try folder.serre(line: "train --resume --set optimizer.train_samples=320", at: "one").status == 0)
            #expect(try folder.serre(line: "runs show latest", at: "one").output.contains("steps      20 of 20"))
            let verified = try folder.serre(line: "runs verify latest", at: "one")
            #expect(verified.status == 0, "\(verified)")
        }

        @Test(arguments: [
            ("--set optimizer.train_samples=80", "it can only be made longer"),
            ("--set name=other", "by which checkpoints know their run"),
            (
                "--set optimizer.train_samples=320 --set optimizer.clip=2",
                "--set optimizer.clip=2 would change the result"
            ),
            ("--set data.corpus=other", "has its corpus already"),
        ])
        func aRefusalSaysWhy(options: String, sentence: String) throws {
            _ = try stoppedRun()
            let outcome = try folder.serre(line: "train --resume \(options)")
            #expect(outcome.status == 2 && outcome.output.isEmpty)
            #expect(try outcome.sentence().contains(sentence))
        }

        @Test func aRunThatRollsBackKeepsItsCheckpoints() throws {
            let outcome = try folder.serre(
                line: "train nano --steps 2 --no-ledger --set guard.spike=roll_back --set checkpoint.every_steps=2")
            #expect(outcome.status == 0, "\(outcome)")
            let refused = try folder.serre(line: "train --resume --set checkpoint.every_steps=5")
            #expect(refused.status == 2)
            #expect(try refused.sentence().contains("rolls back to the checkpoints that are due"))
        }

        @Test func aRunThatIsBeingWrittenIsRefused() throws {
            let first = try folder.start(
                "train nano --json --no-ledger --set optimizer.train_samples=160000 --set checkpoint.every_steps=500"
                    + " --set evaluation.samples_per_language=1 --steps 1")
            #expect(first.finish().status == 0)
            let writer = try folder.start("train --resume --json --no-ledger")
            try writer.wait(forLines: 3)
            let second = try folder.serre(line: "train --resume --json --no-ledger")
            #expect(second.status == 2 && second.output.isEmpty)
            #expect(try second.sentence().contains("another process is writing this run"))
            writer.send(SIGTERM)
            let end = writer.finish()
            #expect(end.status == 0)
            #expect(try folder.serre(line: "train --resume --json --no-ledger --steps 2").digest() == end.digest())
        }
    }
}
