import Foundation
import Testing

extension EndToEnd {
    /// Records are checked, sent and fetched; large files go to a store and come back.
    @Suite struct Verify {
        let folder: TestFolder

        init() throws {
            folder = try TestFolder()
            try folder.makeRepository("repo")
        }

        private func trained(_ options: String = "--tensor 2") throws -> String {
            let outcome = try folder.serre(line: "train nano --steps 4 --json \(options)", at: "repo")
            return try #require(try outcome.objects().last?["run"] as? String, "\(outcome)")
        }

        private func verified(_ options: String = "", at directory: String = "repo") throws -> (Outcome, [String: Any])
        {
            let outcome = try folder.serre(line: "runs verify --json \(options)", at: directory)
            return (outcome, try #require(try outcome.objects(1).first))
        }

        private func objects(_ result: [String: Any]) -> [String] {
            (result["problems"] as? [[String: Any]] ?? []).compactMap { $0["object"] as? String }
        }

        @Test func aFreshRunIsIntact() throws {
            _ = try trained()
            let (outcome, result) = try verified()
            #expect(outcome.status == 0 && result["intact"] as? Bool == true, "\(outcome)")
            #expect(Set(result.keys) == ["run", "level", "intact", "problems", "checked", "remarks"])
            #expect(result["level"] as? String == "inputs" && objects(result).isEmpty)
            let checked = try #require(result["checked"] as? [String: Int])
            #expect(try #require(checked["chunks"]) >= 2 && checked["checkpoint files"] == 3)
            #expect(try #require(checked["corpus files"]) > 10)
            #expect(try verified("latest --level record").1["level"] as? String == "record")
            let people = try folder.serre(line: "runs verify latest", at: "repo")
            #expect(people.status == 0 && people.output.contains("intact   yes"))
            let replay = try folder.serre(line: "runs verify latest --level steps", at: "repo")
            #expect(replay.status == 0 && replay.output.contains("repeated step"), "\(replay)")
        }

        @Test func aResumedRunOnAnotherLayoutIsIntact() throws {
            _ = try trained()
            #expect(try folder.serre(line: "train --resume --json --tensor 1 --data 2", at: "repo").status == 0)
            let (outcome, _) = try verified()
            #expect(outcome.status == 0, "\(outcome)")
        }

        @Test func damageIsNamed() throws {
            let run = try trained()
            let checkpoint = "runs/\(run)/checkpoints/step-00000004"
            try folder.alter("repo/\(checkpoint)/rank-00001.safetensors")
            try folder.alter("repo/runs/shipped-corpus/train-en-000.tokens")
            try folder.remove("repo/\(checkpoint)/rank-00000.safetensors")
            let (outcome, result) = try verified()
            #expect(outcome.status == 1 && result["intact"] as? Bool == false)
            let named = objects(result)
            // Of a file of several chunks the chunk is named; this one has one.
            #expect(named.contains { $0.contains("rank-00001.safetensors") })
            #expect(named.contains { $0.contains("train-en-000.tokens") })
            #expect(named.contains { $0.contains("rank-00000.safetensors") })
            #expect(named.count == 3, "\(named)")
            #expect(try verified("--level record").0.status == 0)
            let blob = try folder.git("rev-parse", "refs/serre/runs/\(run):recipe.yaml", at: "repo")
                .trimmingCharacters(in: .newlines)
            let object = "repo/.git/objects/\(blob.prefix(2))/\(blob.dropFirst(2))"
            #expect(try folder.run(["chmod", "u+w", object]).status == 0)
            try folder.alter(object)
            let record = try verified("--level record")
            #expect(record.0.status == 1 && objects(record.1) == ["blob \(blob) (recipe.yaml)"])
        }

        @Test func pointersAreThoseOfGitLFS() throws {
            let run = try trained()
            let path = "checkpoints/step-00000004/rank-00000.safetensors"
            let pointer = try folder.git("cat-file", "blob", "refs/serre/runs/\(run):\(path)", at: "repo")
            let bytes = try folder.data("repo/runs/\(run)/\(path)").count
            #expect(pointer.hasPrefix("version https://git-lfs.github.com/spec/v1\noid sha256:"))
            #expect(pointer.hasSuffix("\nsize \(bytes)\n"))
            let index = try folder.git(
                "cat-file", "blob", "refs/serre/runs/\(run):checkpoints/step-00000004/index.json", at: "repo")
            #expect(index.hasPrefix("version https://git-lfs"))
        }

        @Test func aRunComesBackFromAStoreInAnotherClone() throws {
            let run = try trained()
            try folder.git("clone", "-q", "--bare", ".", "../hub.git", at: "repo")
            let push = try folder.serre(line: "runs push ../hub.git", at: "repo")
            #expect(push.status == 0 && push.output == "new  \(run)\n", "\(push)")
            let sent = try folder.serre(line: "store push --to ../store --json", at: "repo").objects(1)[0]
            #expect(try #require(sent["copied"] as? Int) > 10)
            let again = try folder.serre(line: "store push latest --to ../store --json", at: "repo").objects(1)[0]
            #expect(again["copied"] as? Int == 0 && again["copied_bytes"] as? Int == 0)
            let expected = try folder.serre(line: "train --resume --json", at: "repo").digest()

            try folder.git("clone", "-q", "../hub.git", "../clone", at: "repo")
            let fetch = try folder.serre(line: "runs fetch", at: "clone")
            #expect(fetch.status == 0 && fetch.output == "new  \(run)\n", "\(fetch)")
            // The place on this machine that the record names is in the first repository, which goes.
            try folder.remove("repo")
            let missing = try verified(at: "clone")
            #expect(missing.0.status == 1 && !objects(missing.1).isEmpty, "\(missing.0)")
            let pulled = try folder.serre(line: "store pull latest --from ../store", at: "clone")
            #expect(pulled.status == 0, "\(pulled)")
            let found = try verified(at: "clone")
            #expect(found.0.status == 0, "\(found.0)")
            #expect(try folder.serre(line: "train --resume runs/\(run) --json", at: "clone").digest() == expected)
        }

        @Test func aStoreIsCheckedAndSwept() throws {
            _ = try trained()
            #expect(try folder.serre(line: "store push --to ../store", at: "repo").status == 0)
            let whole = try folder.serre(line: "store verify ../store --json", at: "repo").objects(1)[0]
            #expect(whole["intact"] as? Bool == true)
            // A second run's objects lose their record.
            let other = try trained("--seed 5")
            #expect(try folder.serre(line: "store push \(other) --to ../store", at: "repo").status == 0)
            try folder.git("update-ref", "-d", "refs/serre/runs/\(other)", at: "repo")
            let young = try folder.serre(line: "store gc ../store --json", at: "repo").objects(1)[0]
            #expect((young["objects"] as? [String])?.isEmpty == true && young["young"] as? Int == 2)
            let listed = try folder.serre(line: "store gc ../store --grace-days 0 --dry-run --json", at: "repo")
            let gone = try #require(try listed.objects(1)[0]["objects"] as? [String])
            #expect(gone.count == 2 && listed.errors.contains("kept by") && listed.errors.contains("goes: \(gone[0])"))
            let hex = gone[0].dropFirst("sha256:".count)
            let object = "store/objects/\(hex.prefix(2))/\(hex.dropFirst(2).prefix(2))/\(hex)"
            #expect(folder.exists(object))
            // Times have whole seconds.
            sleep(1)
            #expect(try folder.serre(line: "store gc ../store --grace-days 0", at: "repo").status == 0)
            #expect(!folder.exists(object))
            let needed = try folder.serre(line: "store verify ../store --json --repository .", at: "repo")
            #expect(needed.status == 0)

            let run = try #require(folder.runs(in: "repo/runs").first)
            let file = try folder.data("\(run)/checkpoints/step-00000004/rank-00000.safetensors")
            let pointer = try folder.git(
                "cat-file", "blob",
                "refs/serre/runs/\(run.split(separator: "/").last ?? ""):checkpoints/step-00000004/rank-00000.safetensors",
                at: "repo")
            let digest = try #require(pointer.split(separator: "\n")[1].split(separator: ":").last)
            let damaged = "store/objects/\(digest.prefix(2))/\(digest.dropFirst(2).prefix(2))/\(digest)"
            #expect(try folder.data(damaged) == file)
            #expect(try folder.run(["chmod", "u+w", folder(damaged)]).status == 0)
            try folder.alter(damaged)
            let outcome = try folder.serre(line: "store verify ../store --json --repository .", at: "repo")
            #expect(outcome.status == 1)
            let damage = try #require(try outcome.objects(1)[0]["damaged"] as? [[String: Any]])
            #expect(damage.count == 1 && (damage[0]["object"] as? String)?.hasSuffix(String(digest)) == true)
            #expect((damage[0]["needed_by"] as? [String])?.first?.contains("rank-00000.safetensors") == true)
            let pull = try folder.serre(line: "store pull latest --from ../store -o ../back", at: "repo")
            #expect(try pull.status == 1 && pull.sentence().contains("damaged"))
            #expect(!folder.exists("back/\(run.split(separator: "/").last ?? "")/checkpoints/step-00000004/index.json"))
        }

        @Test func badPlacesAreSaid() throws {
            _ = try trained()
            for line in [
                "store push --to s3://bucket", "store verify ../none", "store gc host:x",
                "store verify ../none --bytes 0..1", "runs verify nothing-like-it", "runs verify --level all",
                "store pull --from ../none --step 77",
            ] {
                let outcome = try folder.serre(line: line, at: "repo")
                #expect(outcome.status == 2, "\(line): \(outcome)")
            }
            let nowhere = try folder.serre(line: "runs push ../nowhere.git", at: "repo")
            #expect(try nowhere.status == 1 && nowhere.sentence().contains("nowhere.git"))
        }
    }
}
