import Diagnostics
import Recipes
import Testing

@testable import Estimation

@Suite("Files of measurements") struct MeasurementFileTests {
    private func read(_ text: String) throws -> [MeasuredTime] { try reading(text).measurements }

    private func reading(_ text: String) throws -> MeasurementFile.Reading {
        try MeasurementFile("rows", text: text) { (name, options) throws(Diagnostic) in
            guard options.count % 2 == 0 else { throw Diagnostic("test.options", "an option lacks its value") }
            return try Recipe.load(name)
        }.read()
    }

    static let log = """
        # nThread 1 nGpus 8 minBytes 8 maxBytes 134217728 step: 2(factor) warmup iters: 5 iters: 20 validation: 1
        #
        # Using devices
        #  Rank  0 Group  0 Pid  11111 on     node1 device  0 [0x07] NVIDIA A100-SXM4-80GB
        #  Rank  1 Group  0 Pid  11111 on     node1 device  1 [0x0f] NVIDIA A100-SXM4-80GB
        #  Rank  2 Group  0 Pid  11111 on     node2 device  0 [0x07] NVIDIA A100-SXM4-80GB
        #  Rank  3 Group  0 Pid  11111 on     node2 device  1 [0x0f] NVIDIA A100-SXM4-80GB
        #
        #                                                              out-of-place                       in-place
        #       size         count      type   redop    root     time   algbw   busbw #wrong     time   algbw   busbw #wrong
        #        (B)    (elements)                               (us)  (GB/s)  (GB/s)            (us)  (GB/s)  (GB/s)
             1048576        262144     float     sum      -1    61.44   17.07   25.60      0    60.90   17.22   25.83      0
           134217728      33554432     float     sum      -1   1000.0  134.22  201.33      0    998.0  134.49  201.73      0
        # Out of bounds values : 0 OK
        # Avg bus bandwidth    : 113.6

        """

    @Test("The log of an all-reduce test gives its sizes, ranks and nodes")
    func allReduceLog() throws {
        let rows = try read(Self.log)
        #expect(rows.map(\.seconds) == [61.44e-6, 1000e-6])
        guard case .allReduce(let bytes, let ranks, let nodes) = rows[0].subject else {
            Issue.record("\(rows[0])")
            return
        }
        #expect(bytes == 1_048_576 && ranks == 4 && nodes == 2)
        #expect(rows[0].line == 12)
    }

    @Test("Without a list of ranks their number follows from the two bandwidths")
    func ranksOfBandwidths() throws {
        let rows = try read(Self.log.split(separator: "\n").filter { !$0.contains("Rank") }.joined(separator: "\n"))
        guard case .allReduce(_, let ranks, let nodes) = rows[1].subject else {
            Issue.record("\(rows[1])")
            return
        }
        #expect(ranks == 4 && nodes == 1)
    }

    @Test("Step times and products by their columns")
    func tables() throws {
        let steps = try read("recipe,options,seconds\nnano,--tensor 2,0.5\n\nnano,\"\",0.25\n")
        #expect(steps.map(\.seconds) == [0.5, 0.25] && steps.map(\.line) == [2, 4])
        #expect(steps.map(\.label) == ["nano --tensor 2", "nano"])
        let products = try read("m,n,k,precision,tflops\n1000,1000,1000,bfloat16,100\n")
        #expect(abs(products[0].seconds / 2e-5 - 1) < 1e-12)
        #expect(try read("m,n,k,seconds\n10,10,10,1e-6\n")[0].label == "product 10 × 10 × 10 float32")
    }

    @Test("Rows of serre validate are read; those that cannot be used are skipped, each with its line and reason")
    func wideRows() throws {
        let header =
            "id,hardware,gpus,layers,hidden,heads,ffn,seq,vocab,tensor,pipeline,data,micro_batch,global_batch,recompute,"
            + "precision,framework,seconds_per_iteration\n"
        let row = "A100-SXM4-80GB,8,24,2048,16,8192,2048,51200,2,2,2,1,16,full,fp16,Megatron-LM,"
        let rows = try read(header + "a,\(row)1.5\nb,\(row)2\n")
        #expect(rows.map(\.label) == ["a", "b"] && rows.map(\.seconds) == [1.5, 2] && rows.map(\.line) == [2, 3])
        guard case .step(let recipe) = rows[0].subject else {
            Issue.record("\(rows[0])")
            return
        }
        #expect(recipe.layout.tensor == 2 && recipe.layout.style == .megatron && recipe.batch.global == 16)
        // Without seconds; with three heads, which do not divide the hidden size; with a batch that the replicas do not share.
        let (odd, uneven) = (
            row.replacing(",16,8192", with: ",3,8192"), row.replacing(",1,16,full", with: ",1,15,full")
        )
        let some = try reading(header + "a,\(row)1.5\nb,\(row)\nc,\(odd)1\nd,\(uneven)1\n")
        #expect(some.measurements.map(\.label) == ["a"])
        #expect(some.skipped.map(\.line) == [3, 4, 5] && some.skipped.map(\.id) == ["b", "c", "d"])
        for (skipped, word) in zip(some.skipped, ["seconds per step", "heads", "15"]) {
            #expect(skipped.reason.contains(word), "\(skipped)")
        }
        let error = #expect(throws: Diagnostic.self) { try read(header + "a,\(row)\nb,\(row)\n") }
        #expect(error?.code == "calibrate.no-measurements" && error?.location?.line == 2)
    }

    static let broken: [(text: String, code: String, line: Int?)] = [
        ("", "calibrate.malformed", 1),
        ("recipe,options,seconds\n", "calibrate.no-measurements", nil),
        ("recipe,options,seconds\nnano,,-1\n", "calibrate.wrong-value", 2),
        ("recipe,options,seconds\nnano,,0\n", "calibrate.wrong-value", 2),
        ("recipe,options,seconds\nnano,,nan\n", "calibrate.wrong-value", 2),
        ("recipe,options,seconds\nnano,,1\nnano,1\n", "calibrate.malformed", 3),
        ("recipe,options,seconds\nnano,\"--tensor 2,1\n", "calibrate.malformed", 2),
        ("recipe,options,seconds\nnano,--tensor,1\n", "test.options", 2),
        ("recipe,option,seconds\nnano,,1\n", "calibrate.unknown-column", 1),
        ("recipe,recipe,seconds\nnano,nano,1\n", "calibrate.malformed", 1),
        ("m,n,k,precision,seconds\n8,8,8,float99,1\n", "calibrate.wrong-value", 2),
        ("m,n,k,precision,seconds\n8,0,8,float32,1\n", "calibrate.wrong-value", 2),
        ("m,n,k,seconds,tflops\n8,8,8,1,1\n", "calibrate.malformed", 1),
        ("apples,pears\n1,2\n", "calibrate.unknown-format", 1),
        ("id,layers,seconds_per_iteration\na,1,2\n", "rows.no-column", 1),
        ("# a log\n# algbw\n", "calibrate.malformed", 3),
        ("# algbw\n 1048576 262144 float sum -1 61.44\n", "calibrate.malformed", 2),
        ("# algbw\n 1048576 262144 float sum -1 -61.44 17.07 25.60\n", "calibrate.wrong-value", 2),
        ("# algbw\n 1048576 262144 float sum -1 61.44 1.7 25.60\n", "calibrate.wrong-value", 2),
        ("# algbw\n 1048576 262144 float none -1 61.44 17.07 15.60\n", "calibrate.malformed", 2),
    ]

    @Test("Damaged files are refused at their line", arguments: broken.indices)
    func damage(index: Int) throws {
        let (text, code, line) = Self.broken[index]
        let error = #expect(throws: Diagnostic.self, "\(text)") { try read(text) }
        #expect(error?.code == code, "\(text): \(String(describing: error))")
        #expect(error?.location?.line == line && error?.location?.file == "rows", "\(String(describing: error))")
    }

    @Test("A recipe that does not exist is told with the row's place")
    func unknownRecipe() throws {
        let error = #expect(throws: Diagnostic.self) { try read("recipe,seconds\nnano,1\nnanno,1\n") }
        #expect(error?.location?.line == 3 && error?.location?.file == "rows")
    }

    @Test("Bytes that are no text are refused")
    func unreadable() throws {
        let error = #expect(throws: Diagnostic.self) {
            try MeasurementFile("/nowhere/at/all") { (name, _) throws(Diagnostic) in try Recipe.load(name) }
        }
        #expect(error?.code == "calibrate.unreadable")
    }
}
