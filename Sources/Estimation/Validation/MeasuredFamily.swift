/// Rows of one kind, whose errors are reported together: one source on one accelerator.
enum MeasuredFamily {
    /// In the order in which they are reported; rows of other sources make families of their own after them.
    static let known = [
        "Jean Zay A100", "Jean Zay V100", "Megatron SC'21", "Korthikanti", "MosaicML A100-40", "MosaicML A100-80",
        "MosaicML H100", "torchtitan", "SimuMax B200",
    ]

    static func name(of row: MeasuredRow) -> String {
        let (source, hardware) = (row.source.lowercased(), row.hardware.uppercased())
        if source.contains("bigscience") { return hardware.hasPrefix("V100") ? "Jean Zay V100" : "Jean Zay A100" }
        if source.contains("narayanan") || source.contains("2104.04473") { return "Megatron SC'21" }
        if source.contains("korthikanti") || source.contains("2205.05198") { return "Korthikanti" }
        if source.contains("torchtitan") { return "torchtitan" }
        if source.contains("simumax") { return "SimuMax B200" }
        if source.contains("mosaicml") || source.contains("llm-foundry") {
            guard hardware.hasPrefix("A100") else {
                return "MosaicML " + hardware.prefix { $0.isLetter || $0.isNumber }
            }
            return hardware.contains("40GB") ? "MosaicML A100-40" : "MosaicML A100-80"
        }
        let name = row.source.prefix { $0 != "," && $0 != ":" && $0 != " " && $0 != "/" }
        return name.isEmpty ? "other" : String(name)
    }

    /// The families among `names`, each once, in the order of reports.
    static func ordered(_ names: [String]) -> [String] {
        let others = Set(names).subtracting(known).sorted()
        return known.filter(names.contains) + others
    }
}

extension MeasuredRow {
    /// The family that the row's errors are reported with.
    public var family: String { MeasuredFamily.name(of: self) }
}
