import Foundation
import Testing

extension EndToEnd {
    @Suite struct OtherCommands {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        static let profiles = ["jean-zay-a100", "jean-zay-h100", "jean-zay-v100-16g", "jean-zay-v100-32g", "laptop"]

        @Test func profilesAreListed() throws {
            let outcome = try folder.serre(line: "profile list")
            for name in Self.profiles { #expect(outcome.output.contains(name)) }
            let lines = try folder.serre(line: "profile list --json").objects()
            let names = lines.compactMap { $0["name"] as? String }
            #expect(Set(names).isSuperset(of: Self.profiles) && names == names.sorted())
        }

        @Test(arguments: profiles) func aProfileIsCompleteAndGivesItsSources(name: String) throws {
            let check = try folder.serre(line: "profile check \(name)")
            #expect(check.status == 0 && check.output.hasPrefix(name + ": complete"), "\(check)")
            let rows = try folder.serre(line: "profile show \(name) --json").objects()
            #expect(rows.count > 20)
            let figures = rows.filter { ($0["value"] as? String)?.first?.isNumber == true }
            #expect(figures.allSatisfy { ($0["source"] as? String)?.isEmpty == false })
            #expect(try folder.serre(line: "profile show \(name)").lines.count > rows.count)
        }

        @Test func aFigureCanBeSet() throws {
            let rows = try folder.serre(
                line: "profile show jean-zay-a100 --json --set-profile nodes.count=3"
            ).objects()
            #expect(
                rows.contains {
                    $0["key"] as? String == "nodes.count" && ($0["value"] as? String)?.hasPrefix("3") == true
                })
        }

        @Test func generateContinuesThePromptTheSameWayEveryTime() throws {
            #expect(try folder.serre(line: "train nano --no-ledger").status == 0)
            let run = try folder.firstRun()
            func generated(_ options: String...) throws -> [[String: Any]] {
                let outcome = try folder.run([try Executable.serre(), "generate", run, "--json"] + options)
                #expect(outcome.status == 0, "\(outcome)")
                return try outcome.objects(2)
            }
            let first = try generated("--prompt", "Le ser", "--prompt", "The ")
            #expect(first[0]["prompt"] as? String == "Le ser")
            #expect((first[0]["text"] as? String)?.isEmpty == false)
            let texts = { (lines: [[String: Any]]) in lines.map { $0["text"] as? String } }
            #expect(try texts(generated("--prompt", "Le ser", "--prompt", "The ", "--workers", "1")) == texts(first))
            #expect(try texts(generated("--prompt", "Le ser", "--prompt", "The ", "--seed", "1")) != texts(first))
            let plain = try folder.run([try Executable.serre(), "generate", run, "--prompt", "The "])
            #expect(plain.status == 0 && plain.output.contains("The "))
        }

        @Test func generateInEveryLanguageOfTheCorpus() throws {
            #expect(try folder.serre(line: "train nano --steps 2 --no-ledger --tensor 2").status == 0)
            let outcome = try folder.serre("generate", folder.firstRun(), "--languages", "--json")
            #expect(outcome.status == 0, "\(outcome)")
            let languages = try outcome.objects().compactMap { $0["language"] as? String }
            #expect(languages == ["ar", "de", "el", "en", "es", "fr", "ja", "pt", "ru", "zh"])
            let again = try folder.serre("generate", folder.firstRun(), "--languages", "--json")
            #expect(again.output == outcome.output)
        }

        @Test func aModelGoesOutAndComesBack() throws {
            #expect(try folder.serre(line: "train nano --steps 2 --no-ledger --tensor 2 --data 2").status == 0)
            let run = try folder.firstRun()
            let exported = try folder.serre(line: "model export \(run) -o models/nano --json")
            let object = try #require(try exported.objects(1).first, "\(exported)")
            #expect(Set(object.keys) == ["architecture", "folder", "parameters", "weights"])
            let weights = try #require(object["weights"] as? [[String: Any]])
            #expect(object["parameters"] as? Int == 217_088)
            let sum = try folder.run(["sha256sum", folder("models/nano/model.safetensors")])
            #expect(sum.output.split(separator: " ").first.map(String.init) == weights[0]["sha256"] as? String)
            let refused = try folder.serre(line: "model export \(run) -o models/nano")
            #expect(refused.status == 2)
            #expect(try refused.sentence().contains("models/nano: the output folder is there already"))
            let imported = try folder.serre(line: "model import models/nano --recipe nano --output imported --json")
            let made = try #require(try imported.objects(1).first?["folder"] as? String, "\(imported)")
            func text(_ run: String) throws -> String {
                try folder.serre(line: "generate \(run) --prompt The --temperature 0 --json").output
            }
            #expect(try text(made) == text(run))
            let resumed = try folder.serre(line: "train --resume \(made) --steps 2 --no-ledger --tensor 2 --json")
            #expect(resumed.status == 0, "\(resumed)")
            #expect(try resumed.objects().last?["steps"] as? Int == 2)
        }

        @Test func doctorSaysWhatTheMachineOffers() throws {
            let outcome = try folder.serre(line: "doctor")
            #expect(outcome.status == 0)
            for word in ["cores", "kernels", "openblas", "mpi", "git"] { #expect(outcome.output.contains(word + " ")) }
            let object = try #require(try folder.serre(line: "doctor --json").objects().first)
            #expect(object["cores"] != nil && object["kernels"] != nil && object["mpi"] != nil)
            let without = try folder.run(
                ["env", "PATH=/nowhere", try Executable.serre(), "doctor"])
            #expect(without.status == 0 && without.output.contains("apt-get install openmpi-bin"))
        }

        @Test func checkCountsTheParametersOfBloom() throws {
            let outcome = try folder.serre(line: "check bloom-176b --cluster jean-zay-a100 --json")
            let object = try #require(try outcome.objects().first, "\(outcome)")
            #expect(
                Set(object.keys) == ["parameters", "ranks", "legal", "problems", "memory_gib", "fits", "would_fit"])
            #expect(object["parameters"] as? Int == 176_247_271_424)
            #expect(object["ranks"] as? Int == 384)
            #expect(object["legal"] as? Bool == true)
        }

        @Test func estimateHasThePromisedKeysAndIsQuick() throws {
            let clock = ContinuousClock()
            var outcome: Outcome?
            let time = try clock.measure {
                outcome = try folder.serre(line: "estimate bloom-176b --cluster jean-zay-a100 --json")
            }
            let object = try #require(try outcome?.objects().first)
            #expect(time < .seconds(15), "5 on a machine that does nothing else")
            #expect(
                Set([
                    "seconds_per_step", "tflops_per_accelerator", "model_tflops_per_accelerator", "mfu", "hfu",
                    "bubble_fraction", "bubble_overhead", "memory_gib", "fits", "accelerators", "tokens_per_second",
                    "campaign",
                ]).isSubset(of: object.keys))
            let campaign = try #require(object["campaign"] as? [String: Any])
            #expect(
                Set([
                    "days", "accelerator_hours", "energy_mwh", "carbon_tonnes", "cost", "currency", "expected_failures",
                    "goodput",
                ]).isSubset(of: campaign.keys))
            let again = try folder.serre(line: "estimate bloom-176b --cluster jean-zay-a100 --json")
            #expect(again.output == outcome?.output)
        }
    }
}
