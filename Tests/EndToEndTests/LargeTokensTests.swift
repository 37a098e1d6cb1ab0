import Foundation
import Testing

extension EndToEnd {
    /// Token files that are too large to be verified before a run begins.
    @Suite struct LargeTokens {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        @Test func damageEndsTheRunWithTheFilesName() throws {
            let line = "a line of the long story of a glass house\n"
            for number in 0..<4 {
                let text = String(repeating: line, count: (36 << 20) / line.utf8.count / 4 + number)
                try folder.write(text, to: "texts/en/\(number).txt")
            }
            try #require(try folder.serre(line: "corpus build texts -o corpus").status == 0)
            try #require(try folder.serre(line: "tokens build corpus --tokenizer bytes -o tokens/large").status == 0)
            var bytes = try folder.data("tokens/large-en-train.bin")
            bytes[bytes.count / 2] ^= 1
            try bytes.write(to: URL(fileURLWithPath: folder.path + "/tokens/large-en-train.bin"))
            let plan = try folder.serre(line: "train nano --corpus tokens/large.json --dry-run --no-ledger")
            #expect(plan.status == 0 && plan.output.contains("data        1 language, "), "\(plan)")
            let run = try folder.serre(line: "train nano --corpus tokens/large.json --steps 2 --no-ledger")
            #expect(run.status != 0 && run.errors.contains("large-en-train.bin"), "\(run)")
            let shown = try folder.serre(line: "tokens show tokens/large.json")
            #expect(shown.status != 0 && shown.errors.contains("large-en-train.bin"), "\(shown)")
        }
    }
}
