import Foundation
import Testing

extension EndToEnd {
    /// Truncated or altered checkpoints, shards and manifests are named and never used.
    @Suite struct DamagedFiles {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        enum Damage: CaseIterable { case truncated, altered, missing }

        private func damage(_ file: String, _ damage: Damage) throws {
            switch damage {
            case .truncated: try folder.truncate(file)
            case .altered: try folder.alter(file)
            case .missing: try folder.remove(file)
            }
        }

        @Test(arguments: Damage.allCases, ["rank-00000.safetensors", "rank-00001.safetensors"])
        func checkpointTensors(kind: Damage, file: String) throws {
            let stopped = "train nano --steps 4 --tensor 2 --json --no-ledger --set checkpoint.every_steps=2"
            #expect(try folder.serre(line: stopped).status == 0)
            let run = try folder.firstRun()
            #expect(folder.checkpoints(of: run) == ["step-00000002", "step-00000004"])
            try damage("\(run)/checkpoints/step-00000004/\(file)", kind)
            let before = try folder.contents(of: run)
            let named = "train --resume \(run)/checkpoints/step-00000004 --json --no-ledger"
            // Each of two processes reads one of the files, and both know what either finds.
            for line in [named, named + " --processes 2", "generate \(run) --prompt a"] {
                let outcome = try folder.serre(line: line)
                #expect(outcome.status == 2 && outcome.output.isEmpty, "\(outcome)")
                let sentence = try outcome.sentence()
                for word in [file, "step-00000004", "expected", "found", "earlier checkpoint"] {
                    #expect(sentence.contains(word), "“\(word)” is not in: \(sentence)")
                }
            }
            #expect(try folder.contents(of: run) == before)
            // A run that goes on by itself takes the one before, and says so.
            let processes = file == "rank-00001.safetensors" ? " --processes 2" : ""
            let earlier = try folder.serre(line: "train --resume --json --no-ledger" + processes)
            for word in [file + ")", "the checkpoint of step 4 is damaged", "going on from that of step 2"] {
                #expect(earlier.errors.contains(word), "“\(word)” is not in: \(earlier.errors)")
            }
            #expect(try earlier.objects().first?["step"] as? Int == 3)
            let straight = try folder.serre(line: "train nano --json --no-ledger --output straight")
            #expect(try earlier.digest() == straight.digest())
        }

        @Test(arguments: [Damage.truncated, .altered]) func checkpointIndex(kind: Damage) throws {
            #expect(try folder.serre(line: "train nano --steps 2 --no-ledger").status == 0)
            let run = try folder.firstRun()
            try damage("\(run)/checkpoints/step-00000002/index.json", kind)
            let outcome = try folder.serre(line: "train --resume --no-ledger")
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(outcome)")
            #expect(try outcome.sentence().contains("step-00000002"))
            // With another one that is damaged as well, both are named.
            let checkpoints = folder(run) + "/checkpoints/step-0000000"
            try FileManager.default.copyItem(atPath: checkpoints + "2", toPath: checkpoints + "1")
            let none = try folder.serre(line: "train --resume --no-ledger")
            #expect(none.status == 2)
            for word in ["none of the run's 2 checkpoints is whole", "step 2: ", "step 1: "] {
                #expect(try none.sentence().contains(word), "“\(word)” is not in: \(none)")
            }
        }

        @Test(arguments: Damage.allCases, ["train-en-000.tokens", "validation-fr-000.tokens", "manifest.json"])
        func corpus(kind: Damage, file: String) throws {
            let built = try folder.serre("corpus", "build", Executable.sourceRoot + "/fixtures/corpus", "-o", "text")
            #expect(built.status == 0, "\(built)")
            try damage("text/" + file, kind)
            for line in ["train nano --corpus text", "corpus show text"] {
                let outcome = try folder.serre(line: line)
                #expect(outcome.status == 2 && outcome.output.isEmpty, "\(line): \(outcome)")
                #expect(try outcome.sentence().contains(file))
            }
            #expect(folder.runs().isEmpty)
        }
    }
}
