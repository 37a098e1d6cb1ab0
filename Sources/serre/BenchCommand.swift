import ArgumentParser
import Diagnostics
import Numerics
import Recipes

struct BenchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bench",
        abstract: "Kernels and training speed on this machine, as ratios to OpenBLAS in the same run.",
        discussion: """
            Example:
              serre bench

            Figures are medians of turns that alternate within one process, so other users of the machine slow both \
            sides alike.
            """)

    @Option(help: "Turns per product.")
    var repeats = 15
    @Option(help: "Training steps of each kind.")
    var steps = 5
    @Option(help: "Threads for the training steps.")
    var workers = 2
    @Flag(help: "Products only.")
    var kernelsOnly = false
    @Flag(help: "Print one JSON line per measurement.")
    var json = false

    func validate() throws {
        if repeats < 1 || steps < 1 || workers < 1 { throw ValidationError("Counts must be 1 or more.") }
    }

    func run() throws {
        try measureProducts()
        if !kernelsOnly { try measureTraining() }
    }

    private static let shapes = [
        ProductBenchmark.Shape(m: 512, n: 512, k: 512), .init(m: 1024, n: 1024, k: 1024),
        .init(m: 512, n: 768, k: 3072), .init(m: 512, n: 3072, k: 768),
    ]

    private func measureProducts() throws {
        let benchmark = try ProductBenchmark(instructionSet: KernelContext.environmentInstructionSet())
        if !json { Console.print("one thread: \(benchmark.description)") }
        var table = TextTable(
            header: ["m × n × k", "storage", "exact-1 GF/s", "8 segments", "OpenBLAS", "ratio", "segmented"],
            numeric: [2, 3, 4, 5, 6])
        for shape in Self.shapes {
            for storage in ProductBenchmark.Storage.allCases {
                let r = benchmark.measure(shape, storage, segments: 8, repeats: repeats)
                let name = "\(shape.m) × \(shape.n) × \(shape.k)"
                if json {
                    try Console.printJSON(
                        ProductLine(
                            product: name, storage: storage.rawValue, exactGigaflops: r.exact,
                            segmentedGigaflops: r.segmented, blasGigaflops: r.blas, ratio: r.exact / r.blas))
                }
                table.rows.append(
                    [
                        name, storage.rawValue, fixed(r.exact, 1), fixed(r.segmented, 1), fixed(r.blas, 1),
                        fixed(r.exact / r.blas, 2), fixed(r.segmented / r.blas, 2),
                    ])
            }
        }
        if !json { table.lines.forEach(Console.print) }
    }

    private struct ProductLine: Encodable {
        var product, storage: String
        var exactGigaflops, segmentedGigaflops, blasGigaflops, ratio: Double

        enum CodingKeys: String, CodingKey {
            case product, storage, ratio
            case exactGigaflops = "exact_gigaflops"
            case segmentedGigaflops = "segmented_gigaflops"
            case blasGigaflops = "blas_gigaflops"
        }
    }

    /// A 12-layer, 768-wide model, as GPT-2's smallest.
    private func measureTraining() throws {
        var recipe = try Recipe.load(
            "nano",
            overrides: [
                "model.layers=12", "model.hidden=768", "model.heads=12", "model.sequence_length=256", "batch.global=8",
                "layout.micro_batch=4",
            ])
        recipe.name = "bench"
        let r = try TrainingBenchmark(recipe: recipe, workers: workers).run(steps: steps)
        let line = TrainingLine(
            exactTokensPerSecond: r.exactTokensPerSecond, blasTokensPerSecond: r.blasTokensPerSecond,
            ratio: r.exactTokensPerSecond / r.blasTokensPerSecond, plannedBytes: r.plannedBytes,
            residentBytes: r.residentBytes, residentToPlanned: Double(r.residentBytes) / Double(r.plannedBytes))
        if json { return try Console.printJSON(line) }
        Console.print("")
        Console.print("training, 12 layers × 768, \(workers) workers")
        Console.print("  exact-1  \(fixed(r.exactTokensPerSecond, 0)) tokens/s")
        let ratio = fixed(line.ratio, 2)
        Console.print("  blas     \(fixed(r.blasTokensPerSecond, 0)) tokens/s  (exact-1 / blas = \(ratio))")
        Console.print(
            "  memory   \(bytesText(r.residentBytes)) held, \(bytesText(r.plannedBytes)) planned  (ratio "
                + "\(fixed(line.residentToPlanned, 3)))")
    }

    private struct TrainingLine: Encodable {
        var exactTokensPerSecond, blasTokensPerSecond, ratio: Double
        var plannedBytes, residentBytes: Int
        var residentToPlanned: Double

        enum CodingKeys: String, CodingKey {
            case ratio
            case exactTokensPerSecond = "exact_tokens_per_second"
            case blasTokensPerSecond = "blas_tokens_per_second"
            case plannedBytes = "planned_bytes"
            case residentBytes = "resident_bytes"
            case residentToPlanned = "resident_to_planned"
        }
    }
}
