import Foundation
import Testing

extension EndToEnd {
    /// Cards from records, as a user writes them.
    @Suite struct Cards {
        let folder: TestFolder

        init() throws {
            folder = try TestFolder()
            try folder.makeRepository("work")
        }

        private struct Energy: Decodable {
            var total: Amount

            struct Amount: Decodable {
                var carbonGrams: Double

                enum CodingKeys: String, CodingKey { case carbonGrams = "carbon_grams" }
            }
        }

        private func train(_ options: String = "") throws -> String {
            let outcome = try folder.serre(
                line: "train nano --steps 3 --json --cluster jean-zay-a100 \(options)", at: "work")
            return try #require(outcome.objects().last?["run"] as? String, "\(outcome)")
        }

        @Test func aModelCardSaysWhatTheRecordSays() throws {
            let run = try train()
            let bare = try folder.serre("card", "model", run, at: "work")
            #expect(bare.status == 0 && bare.errors.contains("licence, contact, intended_use"), "\(bare)")
            #expect(bare.output.contains("license: \"unknown\"") && bare.output.contains("## Licence\n\n**Missing.**"))
            // A run that was stopped early is not passed off as whole.
            #expect(bare.output.contains("**The run is interrupted**: this is its state after step 3 of 10."))
            // Grams, to the last digit that the record has.
            let energy = try folder.git("show", "refs/serre/runs/\(run):energy.json", at: "work")
            let grams = try JSONDecoder().decode(Energy.self, from: Data(energy.utf8)).total.carbonGrams
            #expect(bare.output.contains("\n  emissions: \(grams)\n"), "\(grams): \(bare.output)")
            #expect(bare.output.contains("| parameters | 217,088 |") && bare.output.contains("| fr | "))
            try folder.write(
                "licence: apache-2.0\nintended_use: To learn from.\nname: Petit\n", to: "work/answers.yaml")
            let told = try folder.serre(
                "card", "model", run, "--answers", "answers.yaml", "-o", "README.md", at: "work")
            let card = try folder.text("work/README.md")
            #expect(told.status == 0 && told.errors.contains("contact, out_of_scope_use"), "\(told)")
            #expect(card.contains("license: \"apache-2.0\"") && card.contains("# Petit\n"))
            #expect(card.contains("## Intended use\n\nTo learn from.\n") && card.contains("## Contact\n\n**Missing.**"))
        }

        @Test func whatIsMissingIsAskedForAndKept() throws {
            let run = try train()
            let answers = ["Petit", "mit", "", "me", "", "Fun.", "War.", "All.", "None."]
            let outcome = try folder.shell(
                "cd work && printf '%s\\n' '\(answers.joined(separator: "' '"))' | "
                    + "'\(try Executable.serre())' card model \(run) --answers new.yaml --ask -o C.md")
            #expect(outcome.status == 0 && outcome.errors.contains("What is it meant for?"), "\(outcome)")
            #expect(!outcome.errors.contains("lacks"))
            let card = try folder.text("work/C.md")
            #expect(card.contains("## Intended use\n\nFun.\n") && !card.contains("Missing"))
            #expect(try folder.text("work/new.yaml").contains("licence: mit\n"))
        }

        @Test func aRunCardTellsTheStory() throws {
            let run = try train()
            _ = try folder.serre(line: "train --resume \(run) --steps 4", at: "work")
            let card = try folder.serre("card", "run", "latest", at: "work")
            #expect(card.status == 0 && card.errors.isEmpty, "\(card)")
            for part in [
                "# Run \(run)", "| resume |", "| 3 | resume", "serre runs replay \(run)", "interrupted, step 4",
            ] {
                #expect(card.output.contains(part), "\(part): \(card.output)")
            }
            #expect(try folder.serre("card", "run", at: "work").output == card.output)
        }

        @Test func badInput() throws {
            let run = try train("--no-ledger")
            for (line, says) in [
                ("card model", "no record of this run"), ("card run nothing", "serre runs list"),
                ("card model --ask", "--answers"),
                ("card data runs/\(run)", "serre corpus build SPEC.yaml"),
            ] {
                let outcome = try folder.serre(line: line, at: "work")
                #expect(outcome.status == 2 && outcome.errors.contains(says), "\(line): \(outcome)")
            }
        }
    }
}
