import Foundation
import Testing

extension EndToEnd {
    /// Recorded runs done again, and runs that part.
    @Suite struct Replay {
        /// Sixty steps of nano on eight ranks with a checkpoint every twenty.
        private static let recipe = [
            "train", "nano", "--tensor", "2", "--pipeline", "2", "--data", "2", "--set", "checkpoint.every_steps=20",
            "--set", "checkpoint.keep_last=10", "--set", "optimizer.decay_samples=960", "--set",
            "optimizer.train_samples=960", "--set", "digest_every=20", "--set", "evaluation.samples_per_language=1",
            "--workers", "1", "--json",
        ]
        private static let oneRank = ["--tensor", "1", "--pipeline", "1", "--data", "1"]

        private func run(
            _ folder: TestFolder, processes: Int = 1, _ more: [String] = [], saying words: String = ""
        ) throws -> String {
            let launcher = processes > 1 ? ["mpirun", "-np", "\(processes)"] : []
            let outcome = try folder.run(launcher + [Executable.serre()] + Self.recipe + more, at: "repo")
            try #require(outcome.status == 0, "\(outcome)")
            try #require(words.isEmpty || outcome.errors.contains(words), "\(outcome)")
            return try #require(outcome.objects().last?["run"] as? String)
        }

        private func serre(_ folder: TestFolder, _ arguments: [String], status: Int32 = 0) throws -> Outcome {
            let outcome = try folder.run([Executable.serre()] + arguments, at: "repo")
            try #require(outcome.status == status, "\(outcome)")
            return outcome
        }

        @Test(
            "A run of eight ranks on eight processes is replayed in one, from the nearest checkpoint and from the seed")
        func replaysElsewhere() throws {
            let folder = try TestFolder()
            try folder.makeRepository("repo")
            let id = try run(folder, processes: 8)
            let some = try serre(
                folder, ["runs", "replay", id, "--steps", "45..50", "--json"] + Self.oneRank
            ).objects(1)[0]
            #expect(some["identical"] as? Bool == true)
            #expect(some["first_step"] as? Int == 41)
            #expect(some["steps_replayed"] as? Int == 10)
            #expect(some["first_difference"] is NSNull)
            let all = try serre(folder, ["runs", "replay", id, "--from-start", "--json"] + Self.oneRank).objects(1)[0]
            #expect(all["steps_replayed"] as? Int == 60)
            #expect(all["digests_compared"] as? Int == 3)
            #expect(all["evaluations_compared"] as? Int == 1)
            let text = try serre(folder, ["runs", "replay", id, "--steps", "21..23"]).output
            #expect(text.contains("every bit is as recorded"))
        }

        @Test("A replay may itself run on several processes")
        func replaysUnderMPI() throws {
            let folder = try TestFolder()
            try folder.makeRepository("repo")
            let id = try run(folder)
            let outcome = try folder.run(
                ["mpirun", "-np", "2", Executable.serre(), "runs", "replay", id, "--steps", "30..32", "--json"],
                at: "repo")
            try #require(outcome.status == 0, "\(outcome)")
            #expect(try outcome.objects(1)[0]["identical"] as? Bool == true)
        }

        @Test(
            "A bit flipped in one kernel of one rank is found within two segments: step, pass, instruction, tensor, value"
        )
        func findsPlantedFlip() throws {
            let folder = try TestFolder()
            try folder.makeRepository("repo")
            let clean = try run(folder)
            let flipped = try run(folder, processes: 8, ["--plant-flip", "37:5:61:17:20"])
            let replay = try serre(folder, ["runs", "replay", flipped, "--json"] + Self.oneRank, status: 1).objects(1)[
                0]
            #expect((replay["first_difference"] as? [String: Any])?["step"] as? Int == 37)

            let found = try serre(folder, ["runs", "bisect", clean, flipped, "--json"], status: 1).objects(1)[0]
            #expect(found["outcome"] as? String == "found")
            #expect(found["step"] as? Int == 37)
            #expect(found["rank"] as? Int == 5)
            #expect(found["pass"] as? String == "backward")
            #expect((found["operation"] as? String)?.hasPrefix("product TN") == true)
            let tensor = try #require((found["tensors"] as? [[String: Any]])?.first)
            #expect(tensor["buffer"] as? String == "gradients")
            #expect(tensor["differing"] as? Int == 1)
            #expect(tensor["bits"] as? Int == 1)
            #expect(tensor["first"] as? String != tensor["second"] as? String)
            // A segment is twenty steps.
            let cost = try #require(found["steps_computed"] as? Int)
            #expect(cost <= 40)
        }

        @Test("A flip that its own step's fingerprint does not show is found where it was made")
        func findsHiddenFlip() throws {
            let folder = try TestFolder()
            try folder.makeRepository("repo")
            let clean = try run(folder)
            // A parameter after its update: loss, norm and sum of the updates are known by then.
            let flipped = try run(folder, ["--plant-flip", "33:0:166:5:20"], saying: "written by “AdamW”")
            let found = try serre(folder, ["runs", "bisect", clean, flipped, "--json"], status: 1).objects(1)[0]
            #expect(found["outcome"] as? String == "found")
            #expect(found["step"] as? Int == 33)
            #expect((found["shown_at_step"] as? Int).map { $0 > 33 } == true)
            let cost = try #require(found["steps_computed"] as? Int)
            #expect(cost <= 40)
        }

        @Test("Where the recorded fault does not come again, the machine of that run is blamed")
        func blamesTheMachine() throws {
            let folder = try TestFolder()
            try folder.makeRepository("repo")
            let clean = try run(folder)
            let flipped = try run(folder, ["--plant-flip", "37:5:61:17:20"])
            let found = try serre(
                folder, ["runs", "bisect", flipped, clean, "--without-flip", "--json"], status: 1
            ).objects(1)[0]
            #expect(found["outcome"] as? String == "only_second_repeats")
            #expect(found["step"] as? Int == 37)
        }

        @Test("Runs of other seeds part at the first step, where the tokens or the parameters are others")
        func findsAnotherSeed() throws {
            let folder = try TestFolder()
            try folder.makeRepository("repo")
            let one = try run(folder, ["--steps", "2"])
            let two = try run(folder, ["--steps", "2", "--seed", "7"])
            let found = try serre(folder, ["runs", "bisect", one, two, "--json"], status: 1).objects(1)[0]
            #expect(found["step"] as? Int == 1)
            #expect(found["operation"] as? String == "load tokens")
        }

        @Test("The same run on scalar kernels writes the same bits, instruction by instruction")
        func agreesWithScalarKernels() throws {
            let folder = try TestFolder()
            try folder.makeRepository("repo")
            let id = try run(folder, ["--steps", "3"])
            let outcome = try serre(folder, ["runs", "bisect", id, "--against", "scalar", "--step", "3"])
            #expect(outcome.output.contains("writes the same bits with scalar kernels"))
        }

        @Test("What cannot be replayed is refused with the reason")
        func refuses() throws {
            let folder = try TestFolder()
            try folder.makeRepository("repo")
            let id = try run(folder, ["--steps", "2"])
            for (arguments, words) in [
                (["--steps", "5..9"], "expected steps within 1..2"), (["--steps", "x"], "--steps is not a range"),
                (["--seed", "3"], "--seed would change the result"),
                (["--corpus", "nowhere"], "nowhere"),
            ] {
                let outcome = try serre(folder, ["runs", "replay", id] + arguments, status: 2)
                #expect(try outcome.sentence().contains(words))
            }
            // Without its checkpoints a run starts from the seed.
            try folder.remove("repo/runs/\(id)/checkpoints")
            #expect(try serre(folder, ["runs", "replay", id]).output.contains("from        the seed"))
        }
    }
}
