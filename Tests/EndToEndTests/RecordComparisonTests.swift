import Foundation
import Testing

extension EndToEnd {
    /// `serre runs list` and `diff` on runs that were trained: exact-1 gives the same bits on every machine.
    @Suite struct RecordComparison {
        let folder: TestFolder

        init() throws {
            folder = try TestFolder()
            try folder.makeRepository("repo")
        }

        private func trained(_ options: String) throws -> String {
            let outcome = try folder.serre(line: "train nano --steps 3 --json --output ../runs \(options)", at: "repo")
            return try #require(try outcome.objects().last?["run"] as? String, "\(outcome)")
        }

        /// What `diff` prints, with the names of the runs in it.
        private func diff(_ a: String, _ b: String, _ options: String = "", status: Int32 = 0) throws -> String {
            let outcome = try folder.serre(line: "runs diff \(a) \(b) \(options)", at: "repo")
            #expect(outcome.status == status && outcome.errors.isEmpty, "\(outcome)")
            for line in outcome.lines { #expect(line.count <= 100, "\(line)") }
            return outcome.output.replacing(a, with: "RUN-A").replacing(b, with: "RUN-B")
        }

        @Test func otherLayoutsGiveTheSameBitsAndDiffSaysSo() throws {
            let (a, b) = (try trained("--tensor 1"), try trained("--tensor 2 --data 2"))
            let text = try diff(a, b, "--exit-code")
            #expect(
                text == """
                    a  RUN-A  interrupted, 3 steps recorded
                    b  RUN-B  interrupted, 3 steps recorded

                    The results are identical bit for bit in what both recorded: 3 steps and 3 state digests,
                    although these differ: layout and hosts.

                    layout and hosts
                      layout.tensor  1  2
                      layout.data    1  2

                    """, "\(text)")
            let json = try #require(
                try folder.serre(line: "runs diff \(a) \(b) --json", at: "repo").objects(1).first)
            #expect(json["identical"] as? Bool == true && json["explained"] as? Bool == false)
            #expect(json["parted_at"] is NSNull)
        }

        @Test func anotherSeedPartsAtOnceAndDiffSaysWhere() throws {
            let (a, b) = (try trained("--seed 42"), try trained("--seed 43"))
            let text = try diff(a, b, "--exit-code", status: 1)
            #expect(
                text.hasPrefix(
                    """
                    a  RUN-A  interrupted, 3 steps recorded
                    b  RUN-B  interrupted, 3 steps recorded

                    The runs part at step 1. What decides the result differs: recipe.

                    recipe (decides the result)
                      seed  42  43

                    steps: 3 of 3 differ; the first, step 1, in number and bits
                      loss           6.086387356044725 (40185875ed540000)   6.107767230365425 (40186e5a88680000)
                      gradient norm  1.2175336513586967 (3ff37b0490e5d752)  1.0561565231283734 (3ff0e60461e4b1e5)
                      update sum     1.8148813701179787 (3ffd09c10c2c6c18)  0.11835366970730743 (3fbe4c6d14c12508)

                    """), "\(text)")
            #expect(text.contains("\nstate digests: none before is equal; the first that differ\n  step 1  sha256:"))
            #expect(text.contains("\ncheckpoints\n  step 3  sha256:"))
        }

        @Test func theCodeIsShownAsAPatch() throws {
            let a = try trained("")
            try folder.write("print('changed')\n", to: "repo/model.py")
            let b = try trained("")
            let text = try diff(a, b, "--patch")
            #expect(text.contains("identical bit for bit") && text.contains("\ncode\n  model.py  "))
            #expect(text.contains("\n+print('changed')\n"))
            let mistake = try folder.serre(line: "runs diff \(a) nothing", at: "repo")
            #expect(mistake.status == 2)
            #expect(try mistake.sentence().contains("no record of this run"))
        }

        @Test func theListIsFiltered() throws {
            let runs = [try trained("--seed 1"), try trained("--seed 2")]
            _ = try folder.serre(line: "train --resume \(runs[0]) --output ../runs", at: "repo")
            func listed(_ options: String) throws -> [String] {
                try folder.serre(line: "runs list --json \(options)", at: "repo").objects().compactMap {
                    $0["run"] as? String
                }
            }
            #expect(try listed("") == runs)
            #expect(try listed("--limit 1") == [runs[1]])
            #expect(try listed("--state finished") == [runs[0]])
            #expect(try listed("--state interrupted --state failed --recipe nano") == [runs[1]])
            #expect(try listed("--recipe demo").isEmpty)
            let table = try folder.serre(line: "runs list --state finished", at: "repo")
            #expect(
                table.lines.count == 2 && table.lines[0].hasPrefix("run ") && table.lines[1].contains("  10 of 10  "))
            let none = try folder.serre(line: "runs list --recipe demo", at: "repo")
            #expect(none.status == 0 && none.output.isEmpty && none.errors.contains("No recorded run matches"))
            #expect(try folder.serre(line: "runs list --limit 0", at: "repo").status == 2)
            #expect(try folder.serre(line: "runs list --state gone", at: "repo").status == 2)
        }
    }
}
