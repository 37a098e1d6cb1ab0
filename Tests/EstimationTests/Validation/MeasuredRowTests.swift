import Diagnostics
import Foundation
import Testing

@testable import Estimation

@Suite("Measured rows") struct MeasuredRowTests {
    static let header =
        "id,source,hardware,gpus,gpus_per_node,layers,hidden,heads,kv_heads,ffn,seq,vocab,tensor,pipeline,"
        + "interleave,data,zero,micro_batch,global_batch,sequence_parallel,recompute,precision,framework,"
        + "seconds_per_iteration,tflops_reported,memory_gb,out_of_memory,notes"
    static let cells =
        "r1,who,A100-80GB,16,8,24,2048,16,16,8192,2048,50257,2,4,1,2,1,4,512,False,full,fp16,Megatron-DeepSpeed,"
        + "12.5,47,16,False,a note"

    private func parse(_ lines: String...) throws(Diagnostic) -> [MeasuredRow] {
        try MeasuredRow.parse(([Self.header] + lines).joined(separator: "\n"), file: "rows.csv").rows
    }

    private func refusal(_ lines: String...) throws -> Diagnostic {
        let text = ([Self.header] + lines).joined(separator: "\n")
        return try #require(#expect(throws: Diagnostic.self) { try MeasuredRow.parse(text, file: "rows.csv") })
    }

    @Test("Every cell is read, and an empty one is not stated")
    func cells() throws {
        let row = try #require(try parse(Self.cells).first)
        #expect(row.id == "r1" && row.source == "who" && row.hardware == "A100-80GB" && row.notes == "a note")
        #expect(row.accelerators == 16 && row.acceleratorsPerNode == 8 && row.layers == 24 && row.hidden == 2048)
        #expect(row.heads == 16 && row.keyValueHeads == 16 && row.ffn == 8192 && row.sequenceLength == 2048)
        #expect(row.vocabulary == 50257 && row.tensor == 2 && row.pipeline == 4 && row.interleave == 1)
        #expect(row.data == 2 && row.zero == 1 && row.microBatch == 4 && row.globalBatch == 512)
        #expect(row.sequenceParallel == false && row.recompute == .full && row.precision == "fp16")
        #expect(row.framework == "Megatron-DeepSpeed" && row.secondsPerStep == 12.5 && row.teraflopsPerSecond == 47)
        #expect(row.memoryGiB == 16 && !row.ranOutOfMemory)
        let empty = try #require(try parse("x,,,,,,,,,,,,,,,,,,,,,,,,,,,").first)
        #expect(empty.layers == nil && empty.secondsPerStep == nil && empty.recompute == nil && !empty.ranOutOfMemory)
    }

    @Test("Quoted commas, quotes and lines, lines that end as on Windows, a mark of byte order, 8.0 for 8")
    func quoting() throws {
        let cells = Self.cells.replacing("who", with: "\"who, \"\"and\"\" when\"").replacing("a note", with: "\"a\nb\"")
        let rows = try parse(cells, Self.cells.replacing(",16,8,24", with: ",16.0,8,24"))
        #expect(rows.map(\.source) == ["who, \"and\" when", "who"])
        #expect(rows[0].notes == "a\nb")
        #expect(rows.map(\.place.line) == [2, 4])
        #expect(rows[1].accelerators == 16)
        let windows = "\u{FEFF}" + [Self.header, Self.cells, ""].joined(separator: "\r\n")
        #expect(try MeasuredRow.parse(windows, file: "w.csv").rows.map(\.id) == ["r1"])
    }

    @Test("A file that ends without a line end keeps its last cell, even an empty one")
    func lastCell() throws {
        let rows = try parse(Self.cells.replacing("a note", with: ""))
        #expect(rows.map(\.notes) == [""])
    }

    @Test(
        "A value of the wrong kind is named with line and column",
        arguments: [
            ("2048,16,16", "2048,many,16", "heads", "a whole number from 1 to 65536", "\"many\""),
            ("2048,16,16", "2048,0,16", "heads", "a whole number from 1 to 65536", "\"0\""),
            ("12.5", "-1", "seconds_per_iteration", "a positive number, at most 1e12", "\"-1\""),
            ("12.5", "1e308", "seconds_per_iteration", "a positive number, at most 1e12", "\"1e308\""),
            ("12.5", "nan", "seconds_per_iteration", "a positive number, at most 1e12", "\"nan\""),
            ("full", "half", "recompute", "one of none, selective, full, or nothing", "\"half\""),
            (",False,full", ",maybe,full", "sequence_parallel", "True or False", "\"maybe\""),
            (",16,8,24", ",16.5,8,24", "gpus", "a whole number from 1 to 1000000", "\"16.5\""),
            (",16,8,24", ",1000000000,8,24", "gpus", "a whole number from 1 to 1000000", "\"1000000000\""),
        ])
    func wrongValues(old: String, new: String, column: String, expected: String, found: String) throws {
        let error = try refusal(Self.cells, Self.cells.replacing(old, with: new, maxReplacements: 1))
        #expect(error.code == "rows.wrong-value")
        #expect(error.location == .init(file: "rows.csv", line: 3, key: column))
        #expect(error.expected == expected)
        #expect(error.found == found)
    }

    @Test("Too few cells, a bad quote and an empty file are named with their line")
    func malformed() throws {
        let short = try refusal(Self.cells, "r2,who")
        #expect(short.code == "rows.malformed" && short.location?.line == 3)
        #expect(short.expected == "28" && short.found == "2")
        let quote = try refusal(Self.cells, Self.cells, Self.cells.replacing("a note", with: "\"a\" note"))
        #expect(quote.code == "rows.malformed" && quote.location?.line == 4)
        #expect(throws: Diagnostic.self) { try MeasuredRow.parse("", file: "e.csv") }
        #expect(throws: Diagnostic.self) { try MeasuredRow.read("/nowhere.csv") }
        #expect(try refusal(Self.cells.replacing("r1", with: "")).location?.key == "id")
    }

    @Test("A mistyped column is refused, one of another name is reported, a missing one is not stated")
    func columns() throws {
        let mistyped = #expect(throws: Diagnostic.self) {
            try MeasuredRow.parse(Self.header.replacing("micro_batch", with: "micro_bacth"), file: "c.csv")
        }
        #expect(mistyped?.code == "rows.unknown-column" && mistyped?.remedy == "did you mean micro_batch?")
        let missing = #expect(throws: Diagnostic.self) {
            try MeasuredRow.parse(Self.header.replacing("layers,", with: ""), file: "c.csv")
        }
        #expect(missing?.code == "rows.no-column" && missing?.location?.key == "layers")
        let twice = #expect(throws: Diagnostic.self) {
            try MeasuredRow.parse(Self.header + ",id", file: "c.csv")
        }
        #expect(twice?.code == "rows.malformed")
        let other = try MeasuredRow.parse(
            Self.header.replacing(",notes", with: ",when") + "\n" + Self.cells, file: "c.csv")
        #expect(other.unknownColumns == ["when"] && other.rows.map(\.notes) == [""])
    }

    @Test("The shipped rows are read, no id twice; the list of fitted rows names only such ids")
    func shipped() throws {
        let rows = try MeasuredRow.shipped()
        #expect(rows.count >= 317)
        #expect(Set(rows.map(\.id)).count == rows.count)
        _ = try MeasuredRow.ids(in: try MeasuredRow.fittedFile(), among: rows)
        #expect(Validation.families(of: rows) == MeasuredFamily.known)
    }

    @Test("A list of ids takes remarks and refuses an id that no row has")
    func idList() throws {
        let file = FileManager.default.temporaryDirectory.appendingPathComponent("ids-\(UUID().uuidString).txt")
        defer { try? FileManager.default.removeItem(at: file) }
        let rows = try parse(Self.cells)
        try Data("# a remark\nr1 # another\n\n".utf8).write(to: file)
        #expect(try MeasuredRow.ids(in: file.path, among: rows) == ["r1"])
        try Data("r1\nr7\n".utf8).write(to: file)
        let error = #expect(throws: Diagnostic.self) { try MeasuredRow.ids(in: file.path, among: rows) }
        #expect(error?.location?.line == 2 && error?.remedy == "did you mean r1?")
    }

    /// Seconds that were worked out from TFLOP/s are those of equation 3 of Narayanan et al. 2021.
    @Test("The rows of Megatron's paper take as long as their TFLOP/s say")
    func megatron() throws {
        let rows = try MeasuredRow.shipped().filter { $0.id.hasPrefix("sc21") }
        #expect(rows.count == 22)
        for row in rows {
            let run = try MeasuredRun(row, among: [])
            let operations = ModelOperations.perStep(run.model, samples: run.batch, recomputing: true)
            let teraflops = operations / 1e12 / (row.secondsPerStep ?? 0) / Double(row.accelerators ?? 0)
            #expect(abs(teraflops - (row.teraflopsPerSecond ?? 0)) < 0.01, "\(row.id)")
        }
    }
}
