import Diagnostics
import Numerics
import Tables

/// Matrix products on one thread: one chain and 8 segments beside OpenBLAS's.
struct ProductSection {
    let models: [BenchModel]
    let repeats: Int

    func run(_ report: BenchReport) throws {
        let benchmark = try ProductBenchmark(instructionSet: KernelContext.environmentInstructionSet())
        let cubes = [512, 1024, 2048].flatMap { n in
            ProductBenchmark.Storage.allCases.map { (ProductBenchmark.Shape(m: n, n: n, k: n), $0) }
        }
        try measure("square", cubes, benchmark, report)
        for model in models { try measure(model.description, model.products, benchmark, report) }
    }

    private func measure(
        _ name: String, _ products: [(ProductBenchmark.Shape, ProductBenchmark.Storage)],
        _ benchmark: ProductBenchmark, _ report: BenchReport
    ) throws(Diagnostic) {
        report.heading("products, \(name), one thread: \(benchmark.description)")
        var table = TextTable(
            header: ["m × n × k", "storage", "exact-1 GF/s", "8 segments", "OpenBLAS", "ratio", "segmented"],
            numeric: [2, 3, 4, 5, 6])
        var lines: [Line] = []
        let load = MachineLoad()
        for (shape, storage) in products {
            let r = benchmark.measure(shape, storage, segments: 8, repeats: repeats)
            let line = Line(
                product: "\(shape.m) × \(shape.n) × \(shape.k)", storage: storage.rawValue, exactGigaflops: r.exact,
                segmentedGigaflops: r.segmented, blasGigaflops: r.blas, ratio: r.exactRatio,
                segmentedRatio: r.segmentedRatio)
            lines.append(line)
            table.rows.append(
                [line.product, line.storage, fixed(r.exact, 1), fixed(r.segmented, 1), fixed(r.blas, 1)]
                    + [fixed(line.ratio, 2), fixed(line.segmentedRatio, 2)])
        }
        try report.show(table, lines)
        report.remark(othersShare: load.shareOfOthers())
    }

    private struct Line: Encodable {
        var product, storage: String
        var exactGigaflops, segmentedGigaflops, blasGigaflops, ratio, segmentedRatio: Double

        enum CodingKeys: String, CodingKey {
            case product, storage, ratio
            case exactGigaflops = "exact_gigaflops"
            case segmentedGigaflops = "segmented_gigaflops"
            case blasGigaflops = "blas_gigaflops"
            case segmentedRatio = "segmented_ratio"
        }
    }
}
