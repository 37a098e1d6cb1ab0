import Foundation
import Testing

extension EndToEnd {
    /// A corpus with a poisonous document: the guard decides alike on every layout, and every decision is recorded.
    @Suite struct Guard {
        let folder: TestFolder

        init() throws {
            folder = try TestFolder()
            for document in 0..<30 {
                let lines = (0..<60).map { row in
                    "Bed \(document), row \(row): the plants came up and the gardener counted \(row * row % 17) of them.\n"
                }
                let name = "text/en/" + (document < 10 ? "0" : "") + "\(document)"
                try folder.write(lines.joined(), to: name + ".txt")
            }
            // Eight hundred characters that follow from nothing before them.
            var state: UInt32 = 5
            let noise = (0..<800).map { _ -> Character in
                state = state &* 1_664_525 &+ 1_013_904_223
                return Character(Unicode.Scalar(UInt8(33 + state >> 24 % 94)))
            }
            try folder.write(String(noise) + "\n", to: "text/en/15b.txt")
            try #require(try folder.serre(line: "corpus build text -o corpus").status == 0)
        }

        private static func line(_ action: String) -> String {
            "train nano --corpus ../corpus --json --set optimizer.train_samples=640 --set digest_every=10"
                + " --set evaluation.samples_per_language=1 --set checkpoint.every_steps=7"
                + " --set guard.spike=\(action) --set guard.spike_window=8 --set guard.spike_factor=1.1"
        }

        /// The guard's lines of a run's metrics.
        private func incidents(of run: String) throws -> [Substring] {
            try folder.text(run + "/metrics.jsonl").split(separator: "\n").filter { $0.contains("\"incident\"") }
        }

        @Test(arguments: ["skip", "roll_back"]) func decidesAlikeOnEveryLayoutAndWhenStopped(action: String) throws {
            for name in ["one", "many", "parts"] { try folder.makeRepository(name) }
            let one = try folder.serre(line: Self.line(action), at: "one")
            let digest = try one.digest()
            let expected = try incidents(of: folder.runs(in: "one/runs")[0])
            #expect(expected.count >= 2, "the test needs decisions")
            #expect(
                expected.allSatisfy { $0.contains("\"incident\":\"spike\"") && $0.contains("\"action\":\"\(action)\"") }
            )
            let marked = try one.objects().filter { $0["guard"] as? String == action }
            #expect(marked.count == expected.count)
            #expect(one.errors.contains("loss spike at step"))

            let many = try folder.onProcesses(
                2, Self.line(action) + " --tensor 2 --pipeline 2 --data 2 --ranks-per-process 5,3", at: "many")
            #expect(try many.digest() == digest)
            #expect(try incidents(of: folder.runs(in: "many/runs")[0]) == expected)

            // Stopped between checkpoints, before and after decisions, and resumed elsewhere.
            #expect(try folder.serre(line: Self.line(action) + " --data 4 --steps 17", at: "parts").status == 0)
            #expect(try folder.onProcesses(2, "train --resume --json --pipeline 2 --steps 32", at: "parts").status == 0)
            #expect(try folder.serre(line: "train --resume --json --tensor 4", at: "parts").digest() == digest)
            #expect(try incidents(of: folder.runs(in: "parts/runs")[0]) == expected)

            for repository in ["one", "many", "parts"] {
                let run = try #require(folder.runs(in: repository + "/runs").first).split(separator: "/").last ?? ""
                let files = try folder.git("ls-tree", "-r", "--name-only", "refs/serre/runs/\(run)", at: repository)
                let recorded = files.split(separator: "\n").filter { $0.hasPrefix("incidents/") }
                #expect(recorded.count == expected.count)
                let first = try folder.git("show", "refs/serre/runs/\(run):\(recorded[0])", at: repository)
                #expect(first == expected[0] + "\n")
            }
        }

        @Test func aStopIsAnIncidentAndAFailure() throws {
            try folder.makeRepository("one")
            let outcome = try folder.serre(line: Self.line("stop"), at: "one")
            #expect(outcome.status == 1)
            #expect(try outcome.sentence().contains("the loss leaps at step"))
            let run = try #require(folder.runs(in: "one/runs").first)
            #expect(try incidents(of: run).count == 1)
            #expect(!folder.checkpoints(of: run).isEmpty)
            let shown = try folder.serre(line: "runs show latest", at: "one").output
            #expect(shown.contains("incident  loss spike at step") && shown.contains("the run stops"))
            #expect(shown.contains("state      failed"))
        }

        @Test func aStepThatBreaksTheModelIsUndone() throws {
            let line =
                "train nano --json --no-ledger --set evaluation.samples_per_language=1 --set checkpoint.every_steps=4"
                + " --set guard.non_finite=roll_back --set optimizer.learning_rate_peak=1e30"
                + " --set optimizer.warmup_samples=0 --set optimizer.decay_samples=17"
            let one = try folder.serre(line: line)
            let broken = try #require(try one.objects().first { $0["guard"] as? String == "roll_back" })
            #expect(broken["step"] as? Int == 2)
            #expect(Set(broken.keys) == TrainOutput.stepKeys.union(["guard"]))
            #expect(one.errors.contains("back to the state of step 0, without samples 0 to 31"))
            let many = try folder.onProcesses(2, line + " --tensor 2 --data 2")
            #expect(try many.digest() == one.digest())
        }
    }
}
