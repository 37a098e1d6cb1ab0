import Foundation
import Testing

extension EndToEnd {
    /// Runs are recorded in the user's repository, which otherwise stays as it is.
    @Suite struct Ledger {
        let folder: TestFolder

        init() throws {
            folder = try TestFolder()
            try folder.makeRepository("repo")
        }

        private func trained(_ options: String = "") throws -> String {
            let outcome = try folder.serre(line: "train nano --steps 3 --json --output ../runs \(options)", at: "repo")
            return try #require(try outcome.objects().last?["run"] as? String, "\(outcome)")
        }

        private func record(_ run: String) throws -> [String: Any] {
            let outcome = try folder.serre("runs", "show", run, "--json", at: "repo")
            return try #require(try outcome.objects().first, "\(outcome)")
        }

        @Test func onlyObjectsAndRunReferencesAreAdded() throws {
            try folder.write("print('changed')\n", to: "repo/model.py")
            try folder.write("staged\n", to: "repo/notes/plan.md")
            try folder.git("add", "notes/plan.md", at: "repo")
            try folder.write("untracked\n", to: "repo/secret.txt")
            try folder.git("stash", "list", at: "repo")
            func state() throws -> [String: Data] {
                try folder.contents(of: "repo") { $0.hasPrefix(".git/objects") || $0.hasPrefix(".git/refs/serre") }
            }
            let before = try state()
            let status = try folder.git("status", "--porcelain", at: "repo")
            let branches = try folder.git("for-each-ref", "refs/heads", "refs/tags", "refs/stash", at: "repo")
            let run = try trained()
            #expect(try state() == before)
            #expect(before[".git/index"] != nil && before[".git/HEAD"] != nil && before[".git/config"] != nil)
            #expect(try folder.git("status", "--porcelain", at: "repo") == status)
            #expect(try folder.git("for-each-ref", "refs/heads", "refs/tags", "refs/stash", at: "repo") == branches)
            let added = try folder.git("for-each-ref", "--format=%(refname)", "refs/serre", at: "repo")
            #expect(added == "refs/serre/runs/\(run)\n")
            try folder.git("fsck", "--strict", "--no-dangling", at: "repo")
        }

        @Test func theCodeTreeHasUncommittedChangesAndNothingUntracked() throws {
            try folder.write("print('changed')\n", to: "repo/model.py")
            try folder.write("untracked\n", to: "repo/secret.txt")
            let tree = try #require(try record(trained())["code_tree"] as? String)
            #expect(try folder.git("ls-tree", "-r", "--name-only", tree, at: "repo") == "model.py\nnotes/plan.md\n")
            #expect(try folder.git("cat-file", "blob", tree + ":model.py", at: "repo") == "print('changed')\n")
        }

        @Test func showHasThePromisedKeys() throws {
            let run = try trained("--tensor 2 --cluster jean-zay-a100")
            let record = try record(run)
            #expect(
                Set(record.keys) == [
                    "run", "state", "recipe_digest", "code_tree", "data_digest", "steps", "state_digest", "environment",
                    "hosts", "records",
                ])
            #expect(record["run"] as? String == run)
            #expect(record["state"] as? String == "interrupted", "it stopped at step 3 of 10")
            #expect(record["steps"] as? Int == 3)
            let records = try #require(record["records"] as? [String])
            #expect(records.count >= 3, "start, checkpoint, end")
            for commit in records { try folder.git("cat-file", "commit", commit, at: "repo") }
            let files = try folder.git("ls-tree", "-r", "--name-only", "refs/serre/runs/" + run, at: "repo")
            for file in ["recipe.yaml", "profile.yaml", "environment.json", "data/manifest.json"] {
                #expect(files.contains(file + "\n"), "\(file)")
            }
        }

        @Test func listAndShowForPeople() throws {
            let run = try trained()
            let list = try folder.serre("runs", "list", at: "repo")
            #expect(list.lines.count == 2 && list.output.contains(run) && list.output.contains("interrupted"))
            let lines = try folder.serre("runs", "list", "--json", at: "repo").objects(1)
            #expect(Set(lines[0].keys) == ["run", "state", "recipe", "steps", "steps_planned", "state_digest"])
            let show = try folder.serre("runs", "show", "latest", at: "repo")
            #expect(show.status == 0 && show.output.contains(run) && show.output.contains("metrics/"))
            let none = try folder.serre("runs", "show", "20200101-000000-none-0000", at: "repo")
            #expect(none.status == 2 && none.output.isEmpty)
            #expect(try none.sentence().contains("serre runs list"))
        }

        @Test func aResumedRunGoesOnInTheSameRecord() throws {
            let run = try trained()
            let before = try #require(try record(run)["records"] as? [String])
            let resumed = try folder.serre(line: "train --resume --json --output ../runs", at: "repo")
            let after = try record(run)
            #expect(after["state"] as? String == "finished")
            #expect(after["state_digest"] as? String == (try resumed.digest()))
            #expect(try #require(after["records"] as? [String]).starts(with: before))
        }

        @Test func outsideARepositoryTheRunFolderHoldsTheLedger() throws {
            let outcome = try folder.serre(line: "train nano --steps 2")
            let run = try #require(folder.runs().first)
            #expect(outcome.errors.contains("No git repository here") && outcome.errors.contains(run + "/ledger.git"))
            let list = try folder.serre(line: "runs list --json --repository \(run)/ledger.git").objects()
            #expect(list.first?["run"] as? String == run.split(separator: "/").last.map(String.init))
            let elsewhere = try folder.serre(line: "runs list")
            #expect(elsewhere.status == 2)
            #expect(try elsewhere.sentence().contains("ledger.git"))
        }

        @Test func noLedgerRecordsNothing() throws {
            _ = try trained("--no-ledger")
            #expect(try folder.git("for-each-ref", "refs/serre", at: "repo").isEmpty)
        }

        @Test func twoRunsAtOnceAreBothRecorded() throws {
            let running = try (0..<2).map { index in
                try folder.start("train nano --json --seed \(index)", at: "repo")
            }
            for process in running {
                let outcome = process.finish()
                let run = try #require(try outcome.objects().last?["run"] as? String, "\(outcome)")
                let record = try record(run)
                #expect(record["state"] as? String == "finished")
                #expect(record["steps"] as? Int == 10)
                #expect(record["state_digest"] as? String == (try outcome.digest()))
                let metrics = try folder.git(
                    "cat-file", "blob", "refs/serre/runs/\(run):metrics/000000/000001-000010.jsonl", at: "repo")
                #expect(metrics.split(separator: "\n").count == 10)
            }
            #expect(try folder.serre("runs", "list", "--json", at: "repo").lines.count == 2)
            try folder.git("fsck", "--strict", "--no-dangling", at: "repo")
        }

        @Test(
            .enabled(if: TestFolder.canMount || geteuid() != 0, "needs a user other than root, or the right to mount"))
        func aReadOnlyRepositoryIsRefusedBeforeTraining() throws {
            let outcome: Outcome
            if TestFolder.canMount {
                outcome = try folder.shell(
                    """
                    cd repo
                    mount --bind .git .git
                    mount -o remount,ro,bind .git
                    exec "$SERRE" train nano --output ../out
                    """, mounting: true)
            } else {
                #expect(try folder.run(["chmod", "-R", "a-w", "repo/.git"]).status == 0)
                outcome = try folder.serre(line: "train nano --output ../out", at: "repo")
                _ = try folder.run(["chmod", "-R", "u+w", "repo/.git"])
            }
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(outcome)")
            let sentence = try outcome.sentence()
            #expect(sentence.contains("repo/.git") && sentence.contains("cannot be recorded"))
            #expect(folder.names(in: "out").isEmpty)
        }

        /// A file of a run's record as it is at its tip, or at the commit so many before.
        private func file(_ name: String, of run: String, before: Int = 0) throws -> [String: Any] {
            let text = try folder.git("cat-file", "blob", "refs/serre/runs/\(run)~\(before):\(name)", at: "repo")
            return try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        }

        @Test func segmentsFollowTheRecipeAndHaveTheirEnergy() throws {
            let options = "--steps 8 --cluster jean-zay-a100 --set ledger.segment_steps=3 --json --output ../runs"
            let outcome = try folder.serre(line: "train nano \(options)", at: "repo")
            let run = try #require(try outcome.objects().last?["run"] as? String, "\(outcome)")
            let names = try folder.git(
                "ls-tree", "-r", "--name-only", "refs/serre/runs/" + run, "metrics/", at: "repo")
            #expect(
                names.split(separator: "\n")
                    == ["1-000003", "4-000006", "7-000008"].map {
                        "metrics/000000/00000\($0).jsonl"
                    })
            let energy = try file("energy.json", of: run)
            #expect((energy["basis"] as? String)?.hasPrefix("estimated from the profile jean-zay-a100") == true)
            #expect(energy["absent"] == nil)
            let total = try #require(energy["total"] as? [String: Any])
            #expect(total["first_step"] as? Int == 1 && total["last_step"] as? Int == 8)
            // Steps of one batch size are alike, so energy goes with their number; carbon with energy.
            let segment = try #require(energy["segment"] as? [String: Any])
            let (all, last) = (try #require(total["joules"] as? Double), try #require(segment["joules"] as? Double))
            #expect(all > 0 && abs(all / last - 8 / 2) < 1e-9)
            let grams = try #require(total["carbon_grams"] as? Double)
            #expect(grams > 0 && grams < all / 3.6e6 * 1200)
        }

        @Test func energyThatIsNotKnownIsAbsentWithTheReason() throws {
            let energy = try file("energy.json", of: trained())
            let isMeasured = (energy["basis"] as? String)?.contains("RAPL") == true
            let reason = energy[isMeasured ? "carbon_absent" : "absent"] as? String
            #expect(reason?.contains("no cluster profile") == true, "\(energy)")
            #expect((energy["total"] == nil) == !isMeasured)
        }

        @Test func theRecordSaysWhereTheRunLies() throws {
            let run = try trained("--tensor 2")
            let environment = try file("environment.json", of: run)
            #expect((environment["run_folder"] as? String)?.hasSuffix("/runs/" + run) == true)
            #expect((environment["corpus"] as? String)?.hasSuffix("/runs/shipped-corpus") == true)
            #expect((environment["compiler"] as? String)?.isEmpty == false)
            let manifest = try file("record.json", of: run)
            let index = try JSONSerialization.jsonObject(
                with: Data(folder.text("runs/\(run)/checkpoints/step-00000003/index.json").utf8))
            let digest = (index as? [String: Any])?["recipe_digest"] as? String
            #expect(manifest["result_digest"] as? String == digest && digest != nil)
            #expect(manifest["schedule"] as? String == "1f1b")
        }

        @Test func recordingNeverChangesTheResult() throws {
            let plain = try folder.serre(line: "train nano --steps 3 --json --no-ledger").digest()
            let often = try folder.serre(
                line: "train nano --steps 3 --json --output ../runs --set ledger.segment_steps=1", at: "repo")
            #expect(try often.digest() == plain)
            for wrong in ["segment_steps=0", "segment_steps=x", "segment_minutes=0", "segment_minutes=9999"] {
                let outcome = try folder.serre(line: "train nano --set ledger.\(wrong)", at: "repo")
                #expect(outcome.status == 2 && outcome.errors.contains("ledger.segment_"), "\(outcome)")
            }
        }

        @Test func untrackedFilesAreListedBeforehand() throws {
            try folder.write("*.secret\n", to: "repo/.serreignore")
            try folder.write("password\n", to: "repo/key.secret")
            try folder.write("new\n", to: "repo/new.py")
            let dry = try folder.serre(line: "train nano --dry-run --set ledger.code=all --output ../runs", at: "repo")
            #expect(dry.output.contains("2 untracked files") && dry.output.contains("new.py"), "\(dry)")
            #expect(!dry.output.contains("key.secret"))
            let usual = try folder.serre(line: "train nano --dry-run --output ../runs", at: "repo")
            #expect(usual.output.contains("tracked files") && !usual.output.contains("untracked"), "\(usual)")
            let run = try folder.serre(
                line: "train nano --steps 1 --json --set ledger.code=all --output ../runs", at: "repo")
            #expect(run.errors.contains("2 untracked files"), "\(run)")
        }

        @Test func aKeyThatIsMissingIsSaidBeforeTraining() throws {
            try folder.git("config", "commit.gpgsign", "true", at: "repo")
            try folder.git("config", "gpg.format", "ssh", at: "repo")
            try folder.git("config", "user.signingkey", "/nonexistent/key", at: "repo")
            let outcome = try folder.serre(line: "train nano --output ../runs", at: "repo")
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(outcome)")
            let sentence = try outcome.sentence()
            #expect(sentence.contains("commit.gpgsign") && sentence.contains("/nonexistent/key"))
            #expect(folder.names(in: "runs").allSatisfy { !$0.contains("nano") })
        }
    }
}
