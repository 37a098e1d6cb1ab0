import Foundation
import Testing

extension EndToEnd {
    @Suite struct Validate {
        let folder: TestFolder

        static let header =
            "id,source,hardware,gpus,layers,hidden,heads,ffn,seq,vocab,tensor,pipeline,data,zero,micro_batch,"
            + "global_batch,sequence_parallel,recompute,precision,framework,seconds_per_iteration,notes"
        static let row =
            "a,\"mine, 2026\",A100-80GB,8,8,256,8,1024,64,512,2,2,2,1,1,16,False,full,fp16,Megatron-LM,0.1,\"one, two\""

        init() throws {
            folder = try TestFolder()
            let other = Self.row.replacing("a,\"mine", with: "b,\"mine").replacing("one", with: "INCONSISTENT")
            try folder.write([Self.header, Self.row, other, ""].joined(separator: "\n"), to: "rows.csv")
        }

        @Test func rowsOfAFileGiveALineEachAndASummary() throws {
            let outcome = try folder.serre(line: "validate --rows rows.csv --style serre --json")
            #expect(outcome.status == 0 && outcome.errors.isEmpty)
            let lines = try outcome.objects(3)
            #expect(lines[0]["id"] as? String == "a" && (lines[0]["predicted_seconds"] as? Double ?? 0) > 0)
            let predicted = lines[0]["predicted_seconds"] as? Double ?? 0
            #expect(lines[0]["low"] as? Double ?? .infinity < predicted && lines[0]["high"] as? Double ?? 0 > predicted)
            #expect(lines[1]["id"] as? String == "b" && lines[1]["skipped"] is String)
            let summary = try #require(lines[2]["summary"] as? [String: [String: Any]])
            #expect(summary.keys.sorted() == ["all", "mine"])
            #expect(summary["mine"]?["rows"] as? Int == 1 && summary["mine"]?["skipped"] as? Int == 1)
            let alone = try folder.serre(line: "validate --rows rows.csv --style serre --json --workers 1")
            #expect(alone.output == outcome.output)
        }

        @Test func peopleGetATableOfFamilies() throws {
            let outcome = try folder.serre(line: "validate --rows rows.csv --style serre --each")
            #expect(outcome.status == 0)
            #expect(outcome.lines.contains { $0.hasPrefix("mine") })
            #expect(outcome.output.contains("Left out\n  1  the notes call the source inconsistent: b"))
            for line in outcome.lines { #expect(line.count <= 100, "\(line)") }
        }

        @Test func aKeptTableNoticesAChange() throws {
            let line = "validate --rows rows.csv --style serre --expected table.json"
            #expect(try folder.serre(line: line).status == 2)
            #expect(try folder.serre(line: line + " --update").status == 0)
            #expect(try folder.serre(line: line).status == 0)
            let slower = try folder.serre(line: line + " --set-profile accelerator.kernel_launch_microseconds=50")
            #expect(slower.status == 1)
            #expect(slower.errors.contains("mine: the error"))
        }

        @Test func badInputIsNamed() throws {
            try folder.write(Self.header + "\n" + Self.row.replacing(",16,False", with: ",x,False"), to: "bad.csv")
            let bad = try folder.serre(line: "validate --rows bad.csv")
            #expect(bad.status == 2)
            #expect(
                bad.errors == "serre: error: bad.csv:2: global_batch: the value is not of this column's kind: "
                    + "expected a whole number from 1 to 16777216, found \"x\"\n")
            try folder.write(Self.header + "\n" + Self.row.replacing("Megatron-LM", with: "Megatorn-LM"), to: "odd.csv")
            let odd = try folder.serre(line: "validate --rows odd.csv")
            #expect(odd.status == 2 && odd.output.isEmpty)
            #expect(odd.errors.hasPrefix("serre: error: odd.csv:2: framework: a was measured with"), "\(odd)")
            #expect(odd.errors.contains("did you mean Megatron-LM?"), "\(odd)")
            #expect(try folder.serre(line: "validate --rows odd.csv --style megatron").status == 0)
            #expect(try folder.serre(line: "validate --family Cray").status == 2)
            #expect(try folder.serre(line: "validate --update").status == 2)
            #expect(try folder.serre(line: "validate --rows none.csv").status == 2)
        }
    }
}
