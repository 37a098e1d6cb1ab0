import Foundation
import Testing

extension EndToEnd {
    @Suite struct Calibrate {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        @Test func aProfileIsFittedWrittenAndRead() throws {
            try folder.write(
                """
                m,n,k,precision,tflops
                8192,8192,8192,bfloat16,180
                4096,4096,4096,bfloat16,170
                8192,8192,1024,bfloat16,150
                4096,16384,2048,bfloat16,172

                """, to: "products.csv")
            let outcome = try folder.serre(
                line: "calibrate jean-zay-a100 --from products.csv -o mine.yaml --json")
            let report = try #require(try outcome.objects(1).first, "\(outcome)")
            let constants = try #require(report["constants"] as? [[String: Any]])
            let fraction = try #require(constants.first { $0["key"] as? String == "accelerator.matmul_fraction" })
            #expect(fraction["outcome"] as? String == "fitted")
            #expect((report["rows"] as? [Any])?.count == 4)
            let before = try #require(report["error_before"] as? Double)
            let after = try #require(report["error_after"] as? Double)
            let heldOut = try #require(report["error_held_out"] as? Double)
            #expect(after < before && heldOut < before)
            let profile = try folder.serre(line: "profile show mine.yaml")
            #expect(profile.output.contains("calibrated: 4 measurements from products.csv"), "\(profile)")
            let people = try folder.serre(line: "calibrate jean-zay-a100 --from products.csv")
            #expect(people.output.contains("no measurement depends on them"))
            #expect(people.lines.allSatisfy { $0.count <= 100 }, "\(people)")
        }

        @Test func productsFasterThanThePeakAreWarnedOf() throws {
            try folder.write(
                "m,n,k,precision,tflops\n8192,8192,8192,bfloat16,400\n4096,4096,4096,bfloat16,170\n", to: "products.csv"
            )
            let outcome = try folder.serre(line: "calibrate jean-zay-a100 --from products.csv --json")
            #expect(outcome.status == 0)
            let warning = "serre: warning: accelerator.matmul_fraction: fitted as "
            #expect(outcome.errors.hasPrefix(warning) && outcome.errors.contains("peak of 312.0 TFLOP/s"), "\(outcome)")
            let excesses = try #require(try outcome.objects(1)[0]["above_peak"] as? [[String: Any]])
            #expect(excesses.count == 1 && abs((excesses[0]["fastest_tflops"] as? Double ?? 0) - 400) < 1e-6)
        }

        @Test func aProfileIsComparedWithSteps() throws {
            try folder.write("recipe,options,seconds\nnano,--micro-batch 8,0.5\n", to: "steps.csv")
            let line = try #require(
                try folder.serre(line: "calibrate laptop --from steps.csv --compare --json").objects(1).first)
            #expect(((line["rows"] as? [[String: Any]])?.first?["what"] as? String) == "nano --micro-batch 8")
            #expect((line["mean_error"] as? Double ?? 0) > 0)
        }

        @Test func rowsThatLackSomethingAreSkippedAndCounted() throws {
            let header =
                "id,hardware,gpus,layers,hidden,heads,ffn,seq,vocab,tensor,pipeline,data,micro_batch,global_batch,"
                + "recompute,precision,framework,seconds_per_iteration\n"
            let row = "A100-SXM4-80GB,8,24,2048,16,8192,2048,51200,2,2,2,1,16,full,fp16,Megatron-LM,"
            try folder.write(header + "whole,\(row)1.5\nno-time,\(row)\n", to: "rows.csv")
            let outcome = try folder.serre(line: "calibrate jean-zay-a100 --from rows.csv --compare --json")
            #expect(outcome.status == 0, "\(outcome)")
            let object = try outcome.objects(1)[0]
            #expect((object["rows"] as? [Any])?.count == 1)
            let skipped = try #require(object["skipped"] as? [[String: Any]])
            #expect(skipped.count == 1 && skipped[0]["id"] as? String == "no-time" && skipped[0]["line"] as? Int == 3)
            #expect(outcome.errors.contains("rows.csv:3: no-time is skipped: the seconds per step are not stated"))
        }

        @Test func aStepIsTimedAndAdded() throws {
            for microBatch in ["4", "8"] {
                let line = "calibrate step nano --micro-batch \(microBatch) --repeats 1 --append steps.csv --json"
                let timing = try #require(try folder.serre(line: line).objects(1).first)
                #expect((timing["seconds"] as? Double ?? 0) > 0)
            }
            let rows = try folder.text("steps.csv").split(separator: "\n")
            #expect(rows.count == 3 && rows[0] == "recipe,options,seconds")
            #expect(rows[1].hasPrefix("nano,--micro-batch 4,") && rows[2].hasPrefix("nano,--micro-batch 8,"))
            #expect(try folder.serre(line: "calibrate laptop --from steps.csv --json").status == 0)
        }

        @Test(arguments: [
            ("recipe,options,seconds\nnanno,,1\n", "rows:2: "),
            ("recipe,options,seconds\nnano,,-1\n", "rows:2: seconds"),
            ("recipe,options,seconds\nnano,--tensr 2,1\n", "rows:2: "),
            ("recipe,options,seconds\nnano,--tensor 3,1\n", "rows:2: "),
            ("# algbw\n 1048576 262144 float sum -1 61.44\n", "rows:2: the row breaks off"),
        ])
        func badRowsNameTheirPlace(text: String, start: String) throws {
            try folder.write(text, to: "rows")
            let outcome = try folder.serre(line: "calibrate laptop --from rows -o never.yaml")
            #expect(outcome.status == 2 && outcome.output.isEmpty)
            #expect(try outcome.sentence().hasPrefix(start), "\(outcome)")
            #expect(!FileManager.default.fileExists(atPath: folder("never.yaml")))
        }

        @Test(arguments: ["laptop", "laptop --from", "--from rows", "laptop --from rows --compare -o x.yaml"])
        func badArgumentsAreStatusTwo(line: String) throws {
            let outcome = try folder.serre(line: "calibrate " + line)
            #expect(outcome.status == 2 && outcome.output.isEmpty)
        }
    }
}
