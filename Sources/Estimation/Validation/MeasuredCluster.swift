import ClusterProfiles
import Diagnostics

/// Which cluster profile stands for the hardware that a row names.
enum MeasuredCluster {
    /// A row's hardware as its source writes it, told apart further by the source where one name means several machines.
    private struct Rule {
        /// Letters and digits of the name, in capitals.
        var hardware: [String]
        /// In the source's name, in small letters; `nil` for any source.
        var source: String?
        /// In the framework's name, in small letters; `nil` for any framework.
        var framework: String?
        /// Whether the notes must not say so, in small letters.
        var unlessNoted: String?
        var profile: String
    }

    private static let grandTeton = ["H100SXM96GBHBM2E500WGRANDTETON", "H100SXM96GB", "H10096GB", "GRANDTETON"]
    private static let selene = ["A100SXM480GBSELENE", "A100SELENE", "SELENE", "DGXA100"]

    /// The first rule that fits counts.
    private static let rules = [
        Rule(hardware: ["V10016GB", "V100SXM216GB"], profile: "jean-zay-v100-16g"),
        // The engines of BigScience's first experiments were other ones than those of its later runs.
        Rule(
            hardware: ["V10032GB", "V100SXM232GB"], source: "experiments/gpt2", profile: "jean-zay-v100-32g-2021"),
        Rule(hardware: ["V10032GB", "V100SXM232GB"], profile: "jean-zay-v100-32g"),
        // A setting of the A100 nodes was improved on 25 February 2022.
        Rule(
            hardware: ["A10080GB"], source: "chronicles-prequel", unlessNoted: "after the pcie/numa fix",
            profile: "jean-zay-a100-2022-02"),
        Rule(hardware: ["A10080GB", "A100SXM480GB"], source: "bigscience", profile: "jean-zay-a100"),
        // The software of early 2021.
        Rule(hardware: selene + ["A10080GB", "A100SXM480GB"], source: "2104.04473", profile: "selene-2021"),
        Rule(hardware: selene + ["A10080GB", "A100SXM480GB"], source: "narayanan", profile: "selene-2021"),
        Rule(hardware: selene, profile: "selene"),
        Rule(hardware: ["A10080GB", "A100SXM480GB"], source: "2205.05198", profile: "selene"),
        Rule(hardware: ["A10080GB", "A100SXM480GB"], source: "mosaicml", profile: "mosaic-a100-80"),
        Rule(hardware: ["A10040GB", "A100SXM440GB"], profile: "mosaic-a100-40"),
        Rule(hardware: ["A10080GB", "A100SXM480GB"], profile: "cloud-a100-80"),
        // Without a compiler PyTorch moves more bytes and keeps more of them.
        Rule(hardware: grandTeton, framework: "eager", profile: "grand-teton-h100-eager"),
        Rule(hardware: grandTeton, profile: "grand-teton-h100"),
        Rule(hardware: ["H100SXM580GB", "H100SXM80GB", "H10080GB", "H100"], profile: "mosaic-h100"),
        Rule(hardware: ["H200SXM141GB", "H200141GB", "H200SXM", "H200"], profile: "h200-node"),
        Rule(hardware: ["B200SXM", "B200SXM180GB", "B200"], profile: "b200-node"),
    ]

    /// The names that are known, as the shipped rows write them.
    static let knownHardware = [
        "V100-16GB", "V100-32GB", "A100-80GB", "A100-SXM4-80GB (Selene)", "A100-SXM4-80GB", "A100-SXM4-40GB",
        "H100-SXM5-80GB", "H100-SXM 96GB HBM2e 500W (Grand Teton)", "H200-SXM 141GB", "B200-SXM",
    ]

    /// The name of the profile for a row's hardware.
    static func profile(of row: MeasuredRow) throws(RowExclusion) -> String {
        let name = String(row.hardware.uppercased().filter { $0.isLetter || $0.isNumber })
        let (source, notes) = (row.source.lowercased(), row.notes.lowercased())
        let framework = row.framework.lowercased()
        let rule = rules.first { rule in
            rule.hardware.contains(name) && (rule.source.map(source.contains) ?? true)
                && (rule.framework.map(framework.contains) ?? true)
                && !(rule.unlessNoted.map(notes.contains) ?? false)
        }
        guard let rule else {
            throw RowExclusion(
                "no cluster profile for the hardware \"\(row.hardware)\": known are "
                    + knownHardware.joined(separator: ", "))
        }
        return rule.profile
    }
}
