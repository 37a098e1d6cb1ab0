import Diagnostics
import Testing

@testable import ClusterProfiles

@Suite("Rates of the engine's kernels") struct RatesTests {
    /// A shipped profile without rates, with these lines under `accelerator`.
    private func profile(_ lines: String) throws -> ClusterProfile {
        let yaml = try ClusterProfile.load("jean-zay-v100-16g").yaml
        return try ClusterProfile.parse(
            yaml.replacing("intra_node:\n", with: "  rates:\n\(lines)\nintra_node:\n", maxReplacements: 1))
    }

    @Test("They are read, listed and written")
    func roundTrip() throws {
        let read = try profile(
            """
                gelu: {gigabytes_per_second: {value: 20, source: test}}
                product:
                  microseconds: {value: 2, source: test}
                  gigaflops_per_second: {value: 100, source: test}
            """)
        let rate = try #require(read.accelerator.rates?[.product])
        #expect(abs(rate.seconds(matrixOperations: 1e9, memoryBytes: 1e9) / 0.010002 - 1) < 1e-12)
        #expect(read.rows.contains { $0.key == "accelerator.rates.gelu.gigabytes_per_second" && $0.value == "20 GB/s" })
        #expect(try ClusterProfile.parse(read.yaml) == read)
    }

    @Test("A kernel without time, of an unknown kind or without source is refused")
    func refusals() throws {
        func code(_ lines: String) -> String? {
            (#expect(throws: Diagnostic.self) { try profile(lines) })?.code
        }
        #expect(code("    gelu: {}") == "profile.no-rate")
        #expect(code("    glue: {microseconds: {value: 1, source: test}}") == "profile.unknown-key")
        #expect(code("    gelu: {microseconds: 1}") == "profile.missing-source")
        #expect(code("    gelu: {gigabytes_per_second: {value: 0, source: test}}") == "profile.out-of-range")
    }

    @Test("A product faster than the peak is worth a look")
    func implausible() throws {
        let read = try profile("    product: {gigaflops_per_second: {value: 1e6, source: test}}")
        #expect(read.check().contains { $0.location?.key == "accelerator.rates.product.gigaflops_per_second" })
    }
}
