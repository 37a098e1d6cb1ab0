import ClusterProfiles
import Diagnostics
import Foundation
import Recipes
import Testing

@testable import Estimation

extension Tag {
    /// Takes a minute or more.
    @Tag static var long: Self
}

@Suite("Validation") struct ValidationTests {
    /// Small rows that Serre's own programs can be made for.
    private func rows(_ count: Int) -> [MeasuredRow] {
        (0..<count).map { index in
            MeasuredRunTests.row {
                $0.id = "r\(index)"
                $0.layers = 8
                $0.hidden = 256
                $0.heads = 8
                $0.keyValueHeads = 8
                $0.ffn = 1024
                $0.sequenceLength = 64
                $0.vocabulary = 512
                $0.globalBatch = 16 << (index % 3)
                $0.microBatch = 1
                $0.pipeline = index % 2 == 0 ? 4 : 2
                $0.data = index % 2 == 0 ? 2 : 4
            }
        }
    }

    private func validation(
        _ rows: [MeasuredRow], workers: Int = 1, fitted: Set<String> = [], profile: [String] = []
    ) throws -> Validation {
        try Validation(
            of: rows,
            .init(style: .serre, profileOverrides: profile, fitted: fitted, workers: workers))
    }

    @Test("The same outcomes, in the order of the rows, with any number of threads")
    func threads() throws {
        let rows = rows(7)
        let one = try validation(rows)
        #expect(one.outcomes.map(\.id) == rows.map(\.id))
        #expect(one.outcomes.allSatisfy { $0.comparison != nil })
        for workers in [2, 5, 20] { #expect(try validation(rows, workers: workers).outcomes == one.outcomes) }
        #expect(try validation([]).outcomes == [])
    }

    @Test("A row that the recipe's rules refuse is left out with the reason, and the others go on")
    func refused() throws {
        var rows = rows(2)
        rows[0].tensor = 3
        rows[0].accelerators = 24
        rows[0].layers = 7
        let outcomes = try validation(rows).outcomes
        guard case .skipped(let reason) = outcomes[0].result else {
            Issue.record("not skipped")
            return
        }
        #expect(reason.contains("segments"))
        #expect(outcomes[1].comparison != nil)
    }

    @Test("A row of a framework that is not modelled is an error, unless a style is chosen for all rows")
    func unknownFramework() throws {
        var rows = rows(2)
        rows[1].framework = "Megatorn-LM"
        rows[1].place = .init(file: "rows.csv", line: 3)
        let error = try #require(#expect(throws: Diagnostic.self) { try Validation(of: rows) })
        #expect(
            error.description
                == "rows.csv:3: framework: r1 was measured with a framework whose programs are not modelled: expected "
                + "Megatron-LM, Megatron-DeepSpeed, DeepSpeed, FSDP, torchtitan, LLM Foundry, or nothing, found "
                + "\"Megatorn-LM\"; did you mean Megatron-LM? Otherwise pass --style with the engine that it is most like"
        )
        #expect(try validation(rows).outcomes[1].comparison != nil)
        // One that is left out anyhow does not stop the others.
        rows[1].layers = nil
        #expect(try Validation(of: rows).outcomes.count == 2)
    }

    @Test("More accelerators than the cluster has are refused, not played")
    func tooMany() throws {
        let row = MeasuredRunTests.row {
            $0.data = 1_000_000
            $0.globalBatch = 4_000_000
            $0.accelerators = nil
        }
        #expect(try validation([row]).outcomes[0].comparison == nil)
    }

    @Test("A smaller last micro-batch takes its share of a whole one's time")
    func lastMicrobatch() throws {
        func seconds(batch: Int) throws -> Double {
            var row = rows(1)[0]
            row.pipeline = 1
            row.accelerators = 4
            row.microBatch = 4
            row.globalBatch = batch
            let outcome = try validation([row]).outcomes[0]
            #expect(outcome.assumptions == (batch % 8 == 0 ? [] : ["a last micro-batch of 2"]))
            return try #require(outcome.comparison).predictedSeconds
        }
        let (two, uneven, three) = (try seconds(batch: 16), try seconds(batch: 20), try seconds(batch: 24))
        #expect(abs(uneven - (two + three) / 2) < 1e-12 * three)
    }

    @Test("Of several micro-batches the fastest that fits counts")
    func fastest() throws {
        func predicted(_ microBatch: Int?) throws -> Double {
            var row = rows(1)[0]
            row.microBatch = microBatch
            return try #require(try validation([row]).outcomes[0].comparison).predictedSeconds
        }
        let each = try [1, 2, 4, 8].map { try predicted($0) }
        #expect(try predicted(nil) == each.min())
    }

    @Test("A run that ended for want of memory is compared with what is predicted to fit")
    func outOfMemory() throws {
        var row = rows(1)[0]
        row.ranOutOfMemory = true
        row.secondsPerStep = nil
        func isPredicted(_ profile: [String]) throws -> Bool? {
            guard case .ranOutOfMemory(_, let isPredicted) = try validation([row], profile: profile).outcomes[0].result
            else { return nil }
            return isPredicted
        }
        #expect(try isPredicted([]) == false)
        #expect(try isPredicted(["accelerator.memory_gib=1.61"]) == true)
    }

    @Test("A profile's uncertainty makes intervals")
    func intervals() throws {
        let row = rows(1)[0]
        let profile = ["uncertainty.step_time_low=0.9", "uncertainty.step_time_high=1.2"]
        let wide = try #require(try validation([row], profile: profile).outcomes[0].comparison)
        let interval = try #require(wide.interval)
        #expect(interval.lowerBound == 0.9 * wide.predictedSeconds)
        #expect(interval.upperBound == 1.2 * wide.predictedSeconds)
    }

    @Test("An error of --set-profile stops everything")
    func badOverride() {
        #expect(throws: Diagnostic.self) { try validation(rows(1), profile: ["accelerator.memory_gb=1"]) }
    }

    @Test("Fitted rows and the others are reported apart, and lines fit 100 columns")
    func summaries() throws {
        let result = try validation(rows(4), fitted: ["r1", "r2"])
        let family = try #require(result.families.first)
        #expect(result.families.count == 1)
        #expect(family.all.rows == 4 && family.fitted.rows == 2 && family.heldOut.rows == 2)
        #expect(result.lines.contains { $0.hasPrefix("  held out") })
        for line in result.lines + result.rowLines { #expect(line.count <= 100, "\(line)") }
    }

    @Test("A row's line has the documented keys")
    func rowKeys() throws {
        let outcomes = try validation(rows(1) + [MeasuredRunTests.row { $0.layers = nil }]).outcomes
        #expect(
            try keys(outcomes[0]) == [
                "assumed", "family", "fits", "fitted", "high", "id", "low", "measured_memory_gib", "measured_seconds",
                "predicted_memory_gib", "predicted_seconds",
            ])
        #expect(try keys(outcomes[1]) == ["family", "id", "skipped"])
    }

    @Test("A family's summary has the documented keys")
    func summaryKeys() throws {
        let family = try #require(try validation(rows(1)).families.first)
        let errors = [
            "bias_percent", "false_out_of_memory", "inside_interval", "largest_regret_percent", "layout_groups",
            "mape_percent", "mean_regret_percent", "median_percent", "memory_mape_percent", "memory_rows",
            "null_model_mape_percent", "out_of_memory_predicted", "out_of_memory_rows", "rank_correlation", "rows",
            "worst",
        ]
        let parts = ["fitted", "held_out"].flatMap { part in errors.map { "\(part).\($0)" } }
        #expect(try keys(family) == (errors + parts + ["skipped"]).sorted())
    }
}

@Suite("The table of errors") struct ErrorTableTests {
    private func table(_ mape: Double?, rows: Int = 3, memory: Double? = nil) -> ErrorTable {
        var table = ErrorTable(Validation(outcomes: []))
        table.families["F"] = .init(rows: rows, mapePercent: mape, heldOutMapePercent: mape, memoryMapePercent: memory)
        return table
    }

    @Test("An error that grows or shrinks by more than a tenth of a point is noticed, less is not")
    func differences() {
        #expect(table(5.1).differences(from: table(5)) == [])
        #expect(table(4.9).differences(from: table(5)) == [])
        #expect(table(5.11).differences(from: table(5)).first == "F: the error grew from 5.0 to 5.11 %")
        #expect(table(4.89).differences(from: table(5)).first == "F: the error shrank from 5.0 to 4.89 %")
        #expect(table(5, memory: 7.2).differences(from: table(5, memory: 7)).count == 1)
        #expect(table(5, memory: 7).differences(from: table(5)) == ["F: the error of the memory is new"])
        #expect(table(5, rows: 2).differences(from: table(5)) == ["F: 2 rows, not 3"])
        #expect(table(5).differences(from: .init(Validation(outcomes: []))) == ["F: the family is new"])
        #expect(ErrorTable(Validation(outcomes: [])).differences(from: table(5)) == ["F: the family is gone"])
    }

    @Test("A table reads back as it was written; anything else is refused")
    func file() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("t-\(UUID().uuidString).json").path
        defer { try? FileManager.default.removeItem(atPath: file) }
        try table(5.25, memory: 1).write(file)
        #expect(try ErrorTable(reading: file) == table(5.25, memory: 1))
        try Data("{}".utf8).write(to: URL(fileURLWithPath: file))
        let error = #expect(throws: Diagnostic.self) { try ErrorTable(reading: file) }
        #expect(error?.code == "table.unreadable")
    }

    static let kept = (try? MeasuredRow.fittedFile()).map {
        URL(fileURLWithPath: $0).deletingLastPathComponent().appendingPathComponent("expected.json").path
    }

    @Test(
        "The errors are those of fixtures/measurements/expected.json (scripts/validate --update writes it)",
        .tags(.long), .enabled(if: kept.map(FileManager.default.fileExists(atPath:)) ?? false))
    func unchanged() throws {
        let rows = try MeasuredRow.shipped()
        let fitted = try MeasuredRow.ids(in: try MeasuredRow.fittedFile(), among: rows)
        let now = ErrorTable(try Validation(of: rows, .init(fitted: fitted)))
        let kept = try ErrorTable(reading: try #require(Self.kept))
        #expect(now.differences(from: kept) == [])
    }
}
