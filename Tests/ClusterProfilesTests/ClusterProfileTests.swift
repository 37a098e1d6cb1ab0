import Diagnostics
import Foundation
import Testing

@testable import ClusterProfiles

@Suite("Cluster profiles") struct ClusterProfileTests {
    @Test("The profiles that the documentation names are there")
    func names() {
        let names = [
            "b200-node", "cloud-a100-80", "grand-teton-h100", "grand-teton-h100-eager", "h200-node", "jean-zay-a100",
            "jean-zay-h100", "jean-zay-a100-2022-02", "jean-zay-v100-16g", "jean-zay-v100-32g",
            "jean-zay-v100-32g-2021", "laptop",
            "mosaic-a100-40", "mosaic-a100-80", "mosaic-h100",
            "selene", "selene-2021",
        ]
        #expect(Set(ClusterProfile.list()).isSuperset(of: names))
    }

    @Test(
        "Every shipped profile loads, is plausible, and reads back equal from its own text",
        arguments: ClusterProfile.list())
    func shipped(name: String) throws {
        let profile = try ClusterProfile.load(name)
        #expect(profile.name == name)
        #expect(profile.check() == [])
        #expect(try ClusterProfile.parse(profile.yaml) == profile)
    }

    @Test("Every number shown has a source; names have none", arguments: ClusterProfile.list())
    func sources(name: String) throws {
        let rows = try ClusterProfile.load(name).rows
        let words =
            ["name", "description", "site.currency", "accelerator.name", "intra_node.kind", "inter_node.kind"]
            + ["inter_node.topology", "slurm.partition", "slurm.constraint", "slurm.qos"]
            + ["slurm.account_suffix", "slurm.modules", "slurm.mpi"]
        for row in rows { #expect((row.source == nil) == words.contains(row.key), "\(row.key)") }
        #expect(rows.count > 35)
        #expect(Set(rows.map(\.key)).count == rows.count)
    }

    @Test("Rows carry units")
    func rows() throws {
        let rows = try ClusterProfile.load("jean-zay-a100").rows
        func value(_ key: String) -> String? { rows.first { $0.key == key }?.value }
        #expect(value("accelerator.memory_gib") == "80 GiB")
        #expect(value("accelerator.peak_teraflops_per_second.bfloat16") == "312 TFLOP/s")
        #expect(value("inter_node.bandwidth_gigabytes_per_second") == "12.5 GB/s")
        #expect(value("site.price_per_accelerator_hour") == "1.75 USD")
        #expect(value("nodes.count") == "52")
    }

    @Test("Jean Zay's facts, and their SI forms")
    func jeanZay() throws {
        let a100 = try ClusterProfile.load("jean-zay-a100")
        #expect(a100.accelerators == 416)
        #expect(a100.accelerator.memoryBytes == 85_899_345_920)
        #expect(a100.intraNode.bytesPerSecond == 300e9 * 0.78)
        #expect(a100.interNode.bytesPerSecondPerNode == 4 * 12.5e9 * 0.189)
        #expect(a100.interNode.topology == .fatTree)
        #expect(a100.slurm?.coresPerAccelerator == 8)
        let v100 = try ClusterProfile.load("jean-zay-v100-32g")
        #expect(v100.accelerator.peakTeraflopsPerSecond.bfloat16 == nil)
        #expect(v100.accelerators == 1080)
        let laptop = try ClusterProfile.load("laptop")
        #expect(laptop.accelerators == 2)
        #expect(laptop.slurm == nil)
        #expect(laptop.site.price == nil)
    }

    @Test("BLOOM's published embodied emissions follow from the profile's figures")
    func embodied() throws {
        let site = try ClusterProfile.load("jean-zay-a100").site
        let hours = site.lifetimeYears.value * 365 * 24 * site.utilisation.value
        let acceleratorHours = 1_082_990.0
        let tonnes =
            (site.embodiedKilogramsPerServer.value / 8 + site.embodiedKilogramsPerAccelerator.value) / hours
            * acceleratorHours / 1000
        #expect(abs(tonnes - 11.2) < 0.05)
    }

    @Test("An override changes a figure and becomes its source")
    func overrides() throws {
        let profile = try ClusterProfile.load(
            "jean-zay-a100", overrides: ["accelerator.memory_gib=40", "nodes.count.value=4", "slurm.qos=null"])
        #expect(
            profile.accelerator.memoryGiB
                == Figure(40, source: "set on the command line (--set-profile accelerator.memory_gib)"))
        #expect(
            profile.nodes.countFigure == Figure(4, source: "set on the command line (--set-profile nodes.count.value)"))
        #expect(profile.slurm?.qos == nil)
        #expect(try ClusterProfile.parse(profile.yaml) == profile)
    }

    @Test(
        "Errors of --set-profile name it as their place",
        arguments: [
            ("accelerator.memory_gb=40", "profile.unknown-key", "did you mean memory_gib?"),
            ("accelerator.memory_gib=40 GB", "profile.wrong-unit", nil),
            ("intra_node.achieved_fraction=1.5", "profile.out-of-range", nil),
            ("nodes.count=1.5", "profile.wrong-type", nil),
            ("inter_node.topology=fattree", "profile.unknown-value", "did you mean fat-tree?"),
            ("site.carbon=1", "profile.unknown-key", "did you mean carbon_intensity_grams_per_kilowatt_hour?"),
        ])
    func overrideErrors(override: String, code: String, remedy: String?) {
        let error = #expect(throws: Diagnostic.self) { try ClusterProfile.load("laptop", overrides: [override]) }
        #expect(error?.code == code)
        #expect(error?.location?.file == "--set-profile \(override.prefix { $0 != "=" })")
        if let remedy { #expect(error?.remedy == remedy) }
    }

    private func refusal(_ old: String, _ new: String) throws -> Diagnostic {
        let yaml = try ClusterProfile.load("laptop").yaml
        let text = yaml.replacingOccurrences(of: old, with: new)
        try #require(text != yaml)
        return try #require(#expect(throws: Diagnostic.self) { try ClusterProfile.parse(text, file: "p.yaml") })
    }

    @Test("In a file, a figure without source is refused, whichever way it is written")
    func missingSource() throws {
        let source = "source: \"Gigabit Ethernet specification; never used: there is one node\""
        for new in ["0.125", "{value: 0.125}", "{value: 0.125, source: }"] {
            let error = try refusal("{value: 0.125, \(source)}", new)
            #expect(error.code == "profile.missing-source")
            #expect(error.location?.key == "inter_node.bandwidth_gigabytes_per_second")
            #expect(error.location?.file == "p.yaml")
            #expect((error.location?.line ?? 0) > 30)
        }
        #expect(try refusal("{value: 0.125, \(source)}", "{value: 0.125, source: \"\"}").code == "profile.wrong-type")
        #expect(try refusal("{value: 0.125, \(source)}", "{\(source)}").code == "profile.missing-key")
        #expect(
            try refusal("{value: 0.125, \(source)}", "{value: 1, unit: GB, \(source)}").code == "profile.unknown-key")
    }

    @Test("Wrong units in keys and values are refused with what was meant")
    func units() throws {
        let key = try refusal("  bandwidth_gigabytes_per_second: {value: 10,", "  bandwidth_gb_per_second: {value: 10,")
        #expect(key.code == "profile.unknown-key")
        #expect(key.location?.key == "intra_node.bandwidth_gb_per_second")
        #expect(key.remedy == "did you mean bandwidth_gigabytes_per_second?")
        let value = try refusal("{value: 10,", "{value: 10 GB/s,")
        #expect(value.code == "profile.wrong-unit")
        #expect(value.location?.key == "intra_node.bandwidth_gigabytes_per_second.value")
    }

    @Test("What failures cost and what accelerators draw are optional sections, but whole ones")
    func campaignSections() throws {
        let a100 = try ClusterProfile.load("jean-zay-a100")
        #expect(a100.reliability?.detectionMinutes.value == 5)
        #expect(a100.power?.communicatingFraction.value == 0.5)
        #expect(a100.slurm?.queueWaitHours?.value == 8)
        let laptop = try ClusterProfile.load("laptop")
        #expect(laptop.reliability == nil && laptop.power == nil)
        let without = try ClusterProfile.load("jean-zay-a100", overrides: ["reliability=null", "power=null"])
        #expect(without.reliability == nil && without.power == nil)
        #expect(try ClusterProfile.parse(without.yaml) == without)
        let partial = #expect(throws: Diagnostic.self) {
            try ClusterProfile.load("laptop", overrides: ["power.idle_fraction=0.1"])
        }
        #expect(partial?.code == "profile.missing-key")
        #expect(partial?.location?.key == "power.computing_fraction")
    }

    @Test("Published failures follow from the rates: one a week and three hangs for BLOOM, 419 crashes for Llama 3")
    func failures() throws {
        let bloom = try #require(try ClusterProfile.load("jean-zay-a100").reliability)
        #expect(abs(bloom.crashesPerNodeHour.value * 48 * 24 * 7 - 1) < 0.01)
        #expect(abs(bloom.hangsPerNodeHour.value * 48 * 24 * 118 - 3) < 0.1)
        let llama = try #require(try ClusterProfile.load("jean-zay-h100").reliability)
        #expect(abs(llama.crashesPerNodeHour.value * 16384 / 4 * 24 * 54 - 419) < 2)
    }

    @Test("A figure may say what it holds for, and keeps that")
    func scope() throws {
        let grid = try ClusterProfile.load("jean-zay-a100").site.carbonIntensityGramsPerKilowattHour
        #expect(grid.scope == "France, electricity" && grid.year == 2022)
        let error = try refusal("scope: \"one computer\", year: 2024", "scope: \"one computer\", year: 20240")
        #expect(error.code == "profile.out-of-range")
        #expect(error.location?.key == "site.power_usage_effectiveness.year")
    }

    @Test("Required sections and a price without currency are missed by name")
    func missing() throws {
        #expect(try refusal("name: laptop\n", "").location?.key == "name")
        let price = try refusal("  utilisation:", "  price_per_accelerator_hour: {value: 1, source: x}\n  utilisation:")
        #expect(price.location?.key == "site.currency")
        let profile = #expect(throws: Diagnostic.self) { try ClusterProfile.load("jean-zay-b100") }
        #expect(profile?.code == "profile.not-found")
    }

    @Test(
        "Implausible figures are warned about by key",
        arguments: [
            ("accelerator.framework_context_gib=80", "accelerator.framework_context_gib"),
            ("accelerator.peak_teraflops_per_second.float16=10", "accelerator.peak_teraflops_per_second.float16"),
            ("nodes.idle_watts=9000", "nodes.idle_watts"),
            ("inter_node.links_per_node=1000", "inter_node.bandwidth_gigabytes_per_second"),
            ("intra_node.bandwidth_gigabytes_per_second=9000", "intra_node.bandwidth_gigabytes_per_second"),
            ("site.carbon_intensity_grams_per_kilowatt_hour=57000", "site.carbon_intensity_grams_per_kilowatt_hour"),
            ("slurm.cores_per_accelerator=9", "slurm.cores_per_accelerator"),
            ("power.idle_fraction=1", "power.idle_fraction"),
            ("reliability.crashes_per_node_hour=1", "reliability.crashes_per_node_hour"),
        ])
    func implausible(override: String, key: String) throws {
        let warnings = try ClusterProfile.load("jean-zay-a100", overrides: [override]).check()
        #expect(warnings.map { $0.location?.key } == [key])
        #expect(warnings.first?.expected != nil)
    }
}
