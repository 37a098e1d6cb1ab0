import ClusterProfiles
import Diagnostics
import Recipes
import Simulation
import Testing

@testable import Estimation

@Suite("Calibration") struct CalibrationTests {
    /// A cluster whose figures differ from the profile that is to be calibrated.
    static let changes = [
        "accelerator.matmul_fraction": 0.6, "accelerator.memory_fraction": 0.7,
        "accelerator.kernel_launch_microseconds": 9.0, "accelerator.kernels.product_overhead_depth": 300,
    ]
    static let linkChanges = ["collectives.simple.base_microseconds": 20.0, "intra_node.achieved_fraction": 0.5]

    private static func truth(_ changes: [String: Double]) throws -> ClusterProfile {
        try ClusterProfile.load(
            "jean-zay-a100", overrides: changes.keys.sorted().map { "\($0)=\(changes[$0] ?? 0)" })
    }

    private static func products(on profile: ClusterProfile) throws -> [MeasuredTime] {
        let times = try MachineTimes(profile, precision: .bfloat16)
        let shapes = [
            (8192, 8192, 8192), (4096, 4096, 512), (2048, 8192, 2048), (128, 128, 64), (8192, 8192, 128),
            (16384, 4096, 1024), (256, 256, 256), (4096, 16384, 4096), (8192, 1024, 64), (16384, 8192, 64),
        ]
        return shapes.map { m, n, k in
            MeasuredTime(
                .product(m: m, n: n, k: k, .bfloat16), seconds: times.product(m: m, n: n, k: k),
                label: "product \(m) × \(n) × \(k)", file: "synthetic")
        }
    }

    private static func steps(on profile: ClusterProfile) throws -> [MeasuredTime] {
        let shapes = [(64, 32, 1), (256, 128, 2), (1024, 256, 4), (2048, 512, 4), (1024, 1024, 2)]
        return try shapes.map { hidden, sequence, microBatch in
            let recipe = try Recipe.load(
                "nano",
                overrides: [
                    "model.hidden=\(hidden)", "model.heads=\(max(4, hidden / 64))", "model.layers=2",
                    "model.sequence_length=\(sequence)", "layout.micro_batch=\(microBatch)", "batch.global=8",
                ])
            return MeasuredTime(
                .step(recipe), seconds: try Estimate(recipe, on: profile).secondsPerStep, label: "\(hidden) wide",
                file: "synthetic")
        }
    }

    private static func allReduces(on profile: ClusterProfile) throws -> [MeasuredTime] {
        let times = try MachineTimes(profile)
        return (10...30).map { power in
            MeasuredTime(
                .allReduce(bytes: 1 << power, ranks: 8, nodes: 1),
                seconds: times.allReduce(bytes: 1 << power, ranks: 8, nodes: 1), label: "2^\(power)", file: "synthetic")
        }
    }

    @Test("Constants are found again in measurements that the clock made from them")
    func recovery() throws {
        let truth = try Self.truth(Self.changes)
        let base = try ClusterProfile.load("jean-zay-a100")
        let calibration = try Calibration(base, to: Self.products(on: truth) + Self.steps(on: truth))
        for (key, value) in Self.changes {
            let constant = try #require(calibration.constants.first { $0.key == key })
            #expect(constant.outcome == .fitted, "\(key): \(constant)")
            #expect(abs(constant.after / value - 1) < 0.01, "\(key): \(constant.after) for \(value)")
        }
        #expect(calibration.meanError(\.before) > 0.1)
        #expect(calibration.meanError(\.after) < 0.001)
        let heldOut = try #require(calibration.heldOutError)
        #expect(heldOut < 0.01)
        let source = calibration.profile.accelerator.matmulFraction.source
        #expect(source.hasPrefix("calibrated: 15 measurements from synthetic, relative error 0"), "\(source)")
        #expect(try ClusterProfile.parse(calibration.profile.yaml) == calibration.profile)
    }

    @Test("A library's all-reduces tell its protocols and the link")
    func links() throws {
        let truth = try Self.truth(Self.linkChanges)
        let calibration = try Calibration(ClusterProfile.load("jean-zay-a100"), to: Self.allReduces(on: truth))
        let share = try #require(calibration.constants.first { $0.key == "intra_node.achieved_fraction" })
        #expect(abs(share.after / 0.5 - 1) < 0.01)
        #expect(calibration.meanError(\.after) < 0.01)
    }

    @Test("A constant on which nothing depends is named and stays")
    func unused() throws {
        let base = try ClusterProfile.load("jean-zay-a100")
        let calibration = try Calibration(base, to: Self.products(on: Self.truth(Self.changes)))
        let unused = calibration.constants.filter { $0.outcome == .unused }
        #expect(unused.map(\.key).contains("intra_node.achieved_fraction"))
        #expect(unused.allSatisfy { $0.before == $0.after && $0.relativeError == nil })
        #expect(calibration.profile.intraNode == base.intraNode)
        #expect(calibration.lines.contains("  intra_node.achieved_fraction"))
    }

    @Test("One measurement cannot tell several constants apart")
    func unidentified() throws {
        let base = try ClusterProfile.load("jean-zay-a100")
        let one = MeasuredTime(
            .product(m: 8192, n: 8192, k: 512, .bfloat16), seconds: 1e-3, label: "one", file: "synthetic")
        let calibration = try Calibration(base, to: [one])
        let changed = calibration.constants.filter { $0.before != $0.after }
        #expect(changed.count == 1, "\(changed)")
        #expect(calibration.constants.contains { $0.outcome == .unidentified })
        #expect(calibration.heldOutError == nil)
        #expect(abs(calibration.rows[0].after / 1e-3 - 1) < 0.01)
    }

    @Test("Noise: rows that a fit did not see are met better than before")
    func heldOut() throws {
        var rows = try Self.products(on: Self.truth(Self.changes))
        for index in rows.indices { rows[index].seconds *= index % 2 == 0 ? 1.04 : 0.97 }
        let calibration = try Calibration(ClusterProfile.load("jean-zay-a100"), to: rows)
        let heldOut = try #require(calibration.heldOutError)
        #expect(heldOut < 0.5 * calibration.meanError(\.before))
        #expect(heldOut >= calibration.meanError(\.after))
    }

    @Test("Measurements that are faster than the peak are told, with the constant, the peak and the likely cause")
    func abovePeak() throws {
        let base = try ClusterProfile.load("jean-zay-a100")
        let peak = try base.peakOperationsPerSecond(.bfloat16)
        var rows = try Self.products(on: base)
        #expect(try Calibration(base, to: rows).peakExcesses == [])
        rows[0].seconds = 2 * 8192 * 8192 * 8192 / (1.25 * peak)
        (rows[0].file, rows[0].line) = ("products.csv", 2)
        let calibration = try Calibration(base, to: rows)
        let excess = try #require(calibration.peakExcesses.first)
        #expect(calibration.peakExcesses.count == 1 && excess.key == "accelerator.matmul_fraction")
        #expect(excess.fitted == calibration.profile.accelerator.matmulFraction.value)
        #expect(excess.peakTeraflops == peak / 1e12)
        #expect(abs(excess.fastestTeraflops / excess.peakTeraflops - 1.25) < 1e-9)
        let words = [
            "1 of 10 measurements in bfloat16", "peak of 312.0 TFLOP/s, up to 390.0 at products.csv:2", "unit",
        ]
        for word in words { #expect(excess.text.contains(word), "\(excess.text)") }
    }

    @Test("So are steps whose operations no accelerator could have done in time")
    func stepsAbovePeak() throws {
        let base = try ClusterProfile.load("jean-zay-a100")
        var rows = try Self.steps(on: base)
        #expect(try Calibration(base, to: rows).peakExcesses == [])
        rows[4].seconds = 1e-6
        #expect(try Calibration(base, to: rows).peakExcesses.map(\.key) == ["accelerator.matmul_fraction"])
    }

    @Test("Nothing to fit to is refused")
    func nothing() throws {
        let base = try ClusterProfile.load("jean-zay-a100")
        #expect(throws: Diagnostic.self) { try Calibration(base, to: []) }
    }

    @Test("A recipe that the cluster cannot hold is told at its line")
    func tooLarge() throws {
        let recipe = try Recipe.load("bloom-176b")
        let row = MeasuredTime(.step(recipe), seconds: 1, label: "bloom", file: "steps.csv", line: 3)
        let error = #expect(throws: Diagnostic.self) { try Calibration(ClusterProfile.load("laptop"), to: [row]) }
        #expect(error?.location?.file == "steps.csv" && error?.location?.line == 3)
    }
}
