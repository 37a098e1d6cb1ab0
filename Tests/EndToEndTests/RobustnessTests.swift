import Foundation
import Testing

extension EndToEnd {
    /// What goes wrong around a run costs neither its work nor a hang.
    @Suite struct Robustness {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        /// Two processes with command lines of their own under one mpirun, which ends them if they hang.
        private func pair(_ first: String, _ second: String) throws -> Outcome {
            try folder.shell(
                """
                mpirun --allow-run-as-root --oversubscribe --timeout 30 \
                    -np 1 $SERRE \(first) : -np 1 $SERRE \(second)
                """)
        }

        @Test func aProcessThatFailsAloneEndsTheOthersWithItsReason() throws {
            let outcome = try pair("train nano --data 2 --no-ledger", "train nanoo --data 2 --no-ledger")
            #expect(outcome.status == 2, "\(outcome)")
            #expect(outcome.errors.contains("process 1: there is no such recipe"), "\(outcome)")
            #expect(!folder.exists("runs/shipped-corpus"))
        }

        @Test(arguments: ["--steps 3", "--seed 43", "--corpus elsewhere"])
        func processesThatDisagreeAreRefused(option: String) throws {
            let outcome = try pair("train nano --data 2 --no-ledger", "train nano --data 2 --no-ledger \(option)")
            #expect(outcome.status == 2, "\(outcome)")
            #expect(outcome.errors.contains("the processes were given different"), "\(outcome)")
        }

        @Test func aRepositoryThatGoesAwayForAWhileLosesNoEvent() throws {
            try folder.makeRepository("repo")
            let running = try folder.start(
                "train nano --json --output ../runs --set optimizer.train_samples=6400", at: "repo")
            try running.wait(forLines: 20)
            _ = try folder.run(["mv", "repo/.git/refs", "away"])
            try running.wait(forLines: 150)
            _ = try folder.run(["mv", "away", "repo/.git/refs"])
            let outcome = running.finish()
            #expect(outcome.status == 0, "\(outcome)")
            let run = try #require(try outcome.objects().last?["run"] as? String)
            let record = try #require(try folder.serre("runs", "show", run, "--json", at: "repo").objects().first)
            #expect(record["state"] as? String == "finished")
            let files = try folder.git("ls-tree", "-r", "--name-only", "refs/serre/runs/\(run)", at: "repo")
            let metrics = files.split(separator: "\n").filter { $0.hasPrefix("metrics/") }
            var steps = 0
            for file in metrics {
                steps += try folder.git("show", "refs/serre/runs/\(run):\(file)", at: "repo").split(separator: "\n")
                    .count
            }
            #expect(steps == 400)
        }

        @Test func aClosedPipeDoesNotEndTheRun() throws {
            let outcome = try folder.shell("$SERRE train nano --json --no-ledger | head -n 1")
            #expect(outcome.lines.count == 1)
            #expect(folder.checkpoints(of: try folder.firstRun()) == ["step-00000010"])
        }

        @Test func aFailedRunKeepsItsProgressInTheRecord() throws {
            try folder.makeRepository("repo")
            let outcome = try folder.serre(
                line: "train nano --set optimizer.learning_rate_peak=1e30 --set checkpoint.every_steps=1", at: "repo")
            #expect(outcome.status == 1)
            let listed = try #require(try folder.serre("runs", "list", "--json", at: "repo").objects().first)
            #expect(listed["state"] as? String == "failed")
            #expect(listed["steps"] as? Int == 1)
            #expect((listed["state_digest"] as? String)?.hasPrefix("sha256:") == true)
        }

        @Test func anEditedRecipeIsRefusedOnResume() throws {
            #expect(try folder.serre(line: "train nano --steps 2 --no-ledger").status == 0)
            let recipe = "\(try folder.firstRun())/recipe.yaml"
            let edited = try folder.text(recipe).replacingOccurrences(
                of: "weight_decay: 0.1", with: "weight_decay: 0.2")
            try folder.write(edited, to: recipe)
            let outcome = try folder.serre(line: "train --resume --no-ledger")
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(outcome)")
            #expect(try outcome.sentence().contains("the recipe is not the one"))
        }

        @Test func blasIsNotResumedOnAnotherLayout() throws {
            #expect(try folder.serre(line: "train nano --numerics blas --steps 2 --no-ledger").status == 0)
            let outcome = try folder.serre(line: "train --resume --tensor 2 --no-ledger")
            #expect(outcome.status == 2, "\(outcome)")
            #expect(outcome.errors.contains("one layout only"))
            #expect(try folder.serre(line: "train --resume --no-ledger").status == 0)
        }

        @Test func aResumeRecordsWhereItWentOn() throws {
            try folder.makeRepository("repo")
            #expect(try folder.serre(line: "train nano --steps 2", at: "repo").status == 0)
            #expect(try folder.serre(line: "train --resume --tensor 4", at: "repo").status == 0)
            let run = try #require(folder.runs(in: "repo/runs").first?.split(separator: "/").last)
            let text = try folder.git("show", "refs/serre/runs/\(run):resumes/00000002.json", at: "repo")
            #expect(text.contains("\"tensor\":4"))
        }

        @Test func aLayoutThatExceedsTheMemoryIsRefused() throws {
            let outcome = try folder.serre(
                line: "train nano --cluster jean-zay-v100-16g --set-profile accelerator.memory_gib=0.001")
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(outcome)")
            #expect(!folder.exists("runs"))
            let check = try folder.serre(line: "check bloom-176b --cluster jean-zay-v100-32g")
            #expect(check.status == 1)
        }
    }
}
