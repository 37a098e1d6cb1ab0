import ClusterProfiles
import Diagnostics
import Recipes
import Testing

@testable import Estimation

@Suite("Rows as runs") struct MeasuredRunTests {
    /// A row of 16 accelerators; `change` makes it another.
    static func row(_ change: (inout MeasuredRow) -> Void = { _ in }) -> MeasuredRow {
        var row = MeasuredRow(
            place: .init(file: "rows.csv", line: 2), id: "r1", source: "bigscience:x.md", hardware: "A100-80GB",
            framework: "Megatron-DeepSpeed", notes: "", accelerators: 16, acceleratorsPerNode: 8, layers: 24,
            hidden: 2048, heads: 16, keyValueHeads: 16, ffn: 8192, sequenceLength: 2048, vocabulary: 50257, tensor: 2,
            pipeline: 4, interleave: 1, data: 2, zero: 1, microBatch: 4, globalBatch: 512, sequenceParallel: false,
            recompute: .full, precision: "fp16", secondsPerStep: 10, teraflopsPerSecond: nil, memoryGiB: nil,
            ranOutOfMemory: false)
        change(&row)
        return row
    }

    private func run(
        among others: [MeasuredRow] = [], _ change: (inout MeasuredRow) -> Void = { _ in }
    ) throws -> MeasuredRun {
        try MeasuredRun(Self.row(change), among: others)
    }

    private func reason(_ change: (inout MeasuredRow) -> Void) throws -> String {
        let row = Self.row(change)
        return try #require(#expect(throws: RowExclusion.self) { try MeasuredRun(row, among: []) }).reason
    }

    @Test("A whole row needs no assumption")
    func whole() throws {
        let run = try run()
        #expect(run.assumptions == [])
        #expect(run.family == "Jean Zay A100" && run.profile == "jean-zay-a100")
        #expect(run.model.family == .gpt2 && run.model.tiedHead && run.precision == .float16 && run.batch == 512)
        #expect(
            run.layouts == [
                Layout(
                    tensor: 2, pipeline: 4, data: 2, microBatch: 4, zero: 1, recompute: .full, style: .deepspeed)
            ])
        let recipe = run.recipe(run.layouts[0], samples: 512)
        try recipe.validate()
        #expect(recipe.plannedSteps == 1)
    }

    @Test(
        "What cannot be used says why",
        arguments: [
            ("notes", "INCONSISTENT: 3 pipelines", "inconsistent"), ("notes", "x, EP=8. y", "experts"),
            ("id", "mixtral-8x7b", "experts"), ("id", "a_tp1_cp4_b", "context parallelism"),
            ("notes", "context parallelism of 2", "context parallelism"),
            ("notes", "optimizer CPU offload Y, parameter CPU offload N; run on 2021-05-28", "host memory"),
            ("notes", "full CPU offload", "host memory"),
            ("framework", "HF Transformers + DeepSpeed ZeRO-2 (CPU offload)", "host memory"),
            ("notes", "ID 1; activation checkpoints to CPU Y", "host memory"),
            ("notes", "CUDA_LAUNCH_BLOCKING=1; x", "waited for"),
            ("framework", "Colossal-AI", "the framework \"Colossal-AI\" is none whose programs are modelled"),
            ("hardware", "TPU v4", "no cluster profile for the hardware \"TPU v4\": known are V100-16GB"),
            ("precision", "int8", "no such precision as \"int8\""),
        ])
    func exclusions(key: String, text: String, expected: String) throws {
        let found = try reason { row in
            switch key {
            case "notes": row.notes = text
            case "id": row.id = text
            case "framework": row.framework = text
            case "hardware": row.hardware = text
            default: row.precision = text
            }
        }
        #expect(found.contains(expected), "\(found)")
    }

    @Test(
        "What only looks like it is used",
        arguments: [
            "optimizer CPU offload N, parameter CPU offload N", "EP=1", "activation checkpoints to CPU N",
            "CUDA_LAUNCH_BLOCKING=0; deep shape",
        ])
    func noExclusions(notes: String) throws {
        _ = try run { $0.notes = notes }
        _ = try run { $0.id = "torchtitan-8b-cp1" }
    }

    @Test("Missing shapes, batches, seconds and degrees that do not multiply are left out")
    func missing() throws {
        #expect(try reason { $0.layers = nil }.contains("shape is not stated"))
        #expect(try reason { $0.globalBatch = nil }.contains("global batch"))
        #expect(try reason { $0.secondsPerStep = nil }.contains("seconds per step"))
        #expect(
            try reason { $0.accelerators = 24 } == "inconsistent: tensor 2 × pipeline 4 × data 2 is not 24 accelerators"
        )
        #expect(try reason { $0.tensor = nil }.contains("degrees of tensor"))
        #expect(
            try reason {
                $0.data = nil
                $0.accelerators = nil
            }.contains("neither accelerators"))
        #expect(
            try reason {
                $0.data = nil
                $0.accelerators = 20
            }.contains("does not divide 20"))
        #expect(try reason { $0.globalBatch = 511 }.contains("2 replicas do not share out a batch of 511"))
        #expect(try reason { $0.heads = 17 }.contains("17 heads do not divide"))
        #expect(
            try reason {
                $0.ffn = nil
                $0.notes = "the feed-forward width may be wrong"
            }.contains("width of the MLP"))
        // A run that ended for want of memory has no seconds.
        _ = try run {
            $0.secondsPerStep = nil
            $0.ranOutOfMemory = true
        }
    }

    @Test("The degree of data parallelism follows from the accelerators")
    func derivedData() throws {
        #expect(try run { $0.data = nil }.layouts.map(\.data) == [2])
    }

    @Test("What the source leaves out is filled in and said")
    func assumptions() throws {
        let run = try run {
            $0.ffn = nil
            $0.vocabulary = nil
            $0.zero = nil
            $0.recompute = nil
            $0.precision = nil
            $0.interleave = nil
        }
        #expect(
            run.assumptions == [
                "precision bfloat16", "an MLP of width 8192", "a vocabulary of 50257", "ZeRO-1", "recomputation full",
                "no interleaving",
            ])
        #expect(run.model.ffn == 8192 && run.precision == .bfloat16)
        let llama = try self.run {
            $0.source = "pytorch/torchtitan x"
            $0.hardware = "H200-SXM 141GB"
            $0.hidden = 4096
            $0.heads = 32
            $0.keyValueHeads = 8
            $0.ffn = nil
        }
        #expect(llama.model.family == .llama && !llama.model.tiedHead && llama.model.ffn == 11008)
    }

    @Test("Heads come from rows of the same source, those as deep first, else they are about 128 wide")
    func heads() throws {
        func other(_ heads: Int, layers: Int, source: String = "bigscience:x.md") -> MeasuredRow {
            Self.row {
                $0.heads = heads
                $0.layers = layers
                $0.hidden = 14400
                $0.source = source
            }
        }
        func heads(_ others: [MeasuredRow], hidden: Int = 14400) throws -> Int {
            try run(among: others) {
                $0.heads = nil
                $0.hidden = hidden
                $0.ffn = 4 * hidden
            }.model.heads
        }
        #expect(try heads([other(32, layers: 8), other(96, layers: 24)]) == 96)
        #expect(try heads([other(32, layers: 8), other(96, layers: 80), other(96, layers: 72)]) == 96)
        // A tie goes to the size nearest to 128: 14400 / 96 = 150, 14400 / 120 = 120.
        #expect(try heads([other(96, layers: 24), other(120, layers: 24)]) == 120)
        #expect(try heads([other(32, layers: 24, source: "elsewhere")]) == 120)
        #expect(try heads([], hidden: 2048) == 16)
    }

    @Test(
        "The vocabulary is padded as the engine pads it",
        arguments: [
            ("Megatron-DeepSpeed", 50257, 50432), ("Megatron-LM", 50257, 50432), ("FSDP", 50257, 50258),
            ("HF Transformers + DeepSpeed ZeRO-3", 50257, 50258), ("Megatron-DeepSpeed", 250_880, 250_880),
        ])
    func vocabulary(framework: String, stated: Int, padded: Int) throws {
        let run = try run {
            $0.framework = framework
            $0.vocabulary = stated
        }
        #expect(run.model.vocabulary == stated && run.model.paddedVocabulary == padded)
        #expect(run.model.family == (stated > 200_000 ? .bloom : .gpt2))
    }

    @Test(
        "Framework or source name the engine",
        arguments: [
            ("Megatron-LM", "", EngineStyle.megatron), ("Megatron-LM + DeepSpeed 3D pipeline", "", .deepspeed),
            ("HF Transformers + DeepSpeed ZeRO-3", "", .deepspeed), ("FSDP2", "", .fsdp),
            ("", "mosaicml/llm-foundry x", .fsdp), ("", "pytorch/torchtitan x", .fsdp),
            ("", "Korthikanti et al. 2022, arXiv 2205.05198", .megatron),
            ("", "Narayanan et al. 2021, arXiv 2104.04473, Table 1", .megatron),
        ])
    func styles(framework: String, source: String, style: EngineStyle) throws {
        let run = try run {
            $0.framework = framework
            $0.source = source
            $0.zero = 0
        }
        #expect(run.layouts.map(\.style) == [style])
        #expect(run.assumptions == [])
        #expect(try MeasuredRun(run.row, among: [], style: .serre).layouts.map(\.style) == [.serre])
    }

    @Test(
        "Precisions by all their names",
        arguments: [
            ("fp16", Recipe.Precision.float16), ("bf16", .bfloat16), ("amp_bf16", .bfloat16), ("fp8", .float8),
            ("amp_fp8", .float8), ("float8 tensorwise", .float8), ("float8 rowwise", .float8), ("FP32", .float32),
        ])
    func precisions(name: String, precision: Recipe.Precision) throws {
        #expect(try run { $0.precision = name }.precision == precision)
    }

    @Test(
        "Hardware, source and date name the profile",
        arguments: [
            ("V100-16GB", "bigscience:experiments/tr3m-1B3.md", "", "jean-zay-v100-16g"),
            ("V100-32GB", "bigscience:experiments/tr3m-1B3.md", "", "jean-zay-v100-32g"),
            ("V100-32GB", "bigscience:experiments/gpt2.md", "", "jean-zay-v100-32g-2021"),
            ("A100-80GB", "bigscience:train/tr11-176B-ml/chronicles.md", "", "jean-zay-a100"),
            ("A100-80GB", "bigscience:chronicles-prequel.md", "2022-02-21", "jean-zay-a100-2022-02"),
            (
                "A100-80GB", "bigscience:chronicles-prequel.md", "after the PCIe/NUMA fix of 25 Feb (1-5 % faster)",
                "jean-zay-a100"
            ),
            ("A100-SXM4-80GB (Selene)", "Korthikanti et al. 2022", "", "selene"),
            ("A100-SXM4-80GB", "mosaicml/llm-foundry", "", "mosaic-a100-80"),
            ("A100-SXM4-40GB", "mosaicml/llm-foundry", "", "mosaic-a100-40"),
            ("A100-SXM4-80GB", "pytorch/torchtitan", "", "cloud-a100-80"),
            ("H100-SXM5-80GB", "mosaicml/llm-foundry", "", "mosaic-h100"),
            ("H100-SXM 96GB HBM2e 500W (Grand Teton)", "pytorch/torchtitan", "", "grand-teton-h100"),
            ("H200-SXM 141GB", "pytorch/torchtitan", "", "h200-node"), ("B200-SXM", "SimuMax", "", "b200-node"),
        ])
    func profiles(hardware: String, source: String, notes: String, profile: String) throws {
        let run = try run {
            $0.hardware = hardware
            $0.source = source
            $0.notes = notes
        }
        #expect(run.profile == profile)
    }

    @Test("PyTorch without its compiler is software of its own")
    func eager() throws {
        let run = try run {
            $0.hardware = "H100-SXM 96GB HBM2e 500W (Grand Teton)"
            $0.source = "pytorch/torchtitan"
            $0.framework = "torchtitan, eager"
        }
        #expect(run.profile == "grand-teton-h100-eager")
    }

    @Test("An unknown micro-batch or interleaving leaves several layouts")
    func candidates() throws {
        let micro = try run { $0.microBatch = nil }
        #expect(micro.layouts.map(\.microBatch) == [1, 2, 4, 8, 16, 32, 64])
        #expect(micro.assumptions == ["the micro-batch that is fastest"])
        func interleaves(_ notes: String) throws -> [Int] {
            try run {
                $0.interleave = nil
                $0.notes = notes
            }.layouts.map(\.interleave)
        }
        // 24 layers on 4 stages: chunks of 3, 2 and 1.
        #expect(try interleaves("interleaving not stated") == [1, 2, 3, 6])
        #expect(try interleaves("interleaved 1F1B") == [2, 3, 6])
        #expect(try interleaves("") == [1])
    }
}
