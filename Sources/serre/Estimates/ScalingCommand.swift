import ArgumentParser
import ClusterProfiles
import Diagnostics
import Estimation
import Integrity
import Recipes

struct ScalingCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scaling",
        abstract: "How speed, efficiency and cost change with the number of nodes; how many a deadline takes.",
        discussion: """
            Examples:
              serre scaling bloom-176b --cluster jean-zay-a100 --days 150
              serre scaling bloom-176b --cluster jean-zay-a100 --weak --svg scaling.svg
              serre scaling bloom-176b --cluster jean-zay-a100 --variant \\
                "double network:inter_node.bandwidth_gigabytes_per_second=25"

            Only the data degree follows the nodes; serre plan looks for other layouts. Efficiency is tokens per second \
            and accelerator over those of the smallest number of nodes whose memory suffices. With --days the exit \
            status is 1 when no number of nodes ends the run in time.
            """)

    @Argument(help: "A recipe file or the name of a shipped recipe.", completion: .recipe)
    var recipe: String
    @Option(help: "Cluster profile: a file or the name of a shipped one.", completion: .clusterProfile)
    var cluster: String
    @Option(
        help: ArgumentHelp(
            "Numbers of nodes (default: all that a legal data degree fills; with --weak the smallest and its doubles).",
            valueName: "n,n,…"))
    var nodes: String?
    @Option(help: "No more nodes than this (default: the cluster's).")
    var nodesMax: Int?
    @Flag(help: "Weak scaling: the global batch grows with the nodes, without ramp-up.")
    var weak = false
    @Option(help: "Say the fewest nodes whose run ends within so many days (default: no deadline).")
    var days: Double?
    @Option(
        help: ArgumentHelp(
            "Another curve, on the cluster with a key changed; the same name again changes another key (default: none).",
            valueName: "name:path.to.key=value"))
    var variant: [String] = []
    @Option(help: "Write all points at full precision as CSV (default: no file).", completion: .file())
    var csv: String?
    @Option(help: "Write the chart as SVG (default: no file).", completion: .file())
    var svg: String?
    @OptionGroup var recipeArguments: RecipeArguments
    @OptionGroup var styleArguments: StyleArguments
    @OptionGroup var profileSettings: ProfileSettings
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if let days, !(days > 0) { throw ValidationError("--days must be more than 0.") }
        if nodes != nil, nodesMax != nil { throw ValidationError("--nodes and --nodes-max exclude each other.") }
        _ = try counts()
        _ = try variantSettings()
    }

    func run() throws {
        PlanningMemory.settle()
        let profile = try profileSettings.load(cluster)
        try requireNoDataDegree()
        let study = try ScalingStudy(
            try recipeArguments.load(recipe, style: styleArguments.style), weak ? .weak : .strong, on: profile,
            variants: try variants(of: profile), nodes: try counts(), nodesMax: nodesMax)
        if let csv { try AtomicFile.write(study.csv, to: csv) }
        if let svg { try AtomicFile.write(study.svg, to: svg) }
        let enough = days.map { limit in study.curves.map { $0.fewestNodes(days: limit)?.nodes } }
        if json {
            try Console.printJSON(Answer(study: study, days: days, nodes: enough))
        } else {
            study.lines.forEach(Console.print)
            if let days { ([""] + study.deadlineLines(days: days)).forEach(Console.print) }
        }
        if let enough, !enough.contains(where: { $0 != nil }) { throw ExitCode(1) }
    }

    /// The data degree is what a study varies.
    private func requireNoDataDegree() throws(Diagnostic) {
        let asked =
            recipeArguments.data.map { "--data \($0)" }
            ?? recipeArguments.settings.last { $0.hasPrefix("layout.data=") }.map { "--set \($0)" }
        guard let asked else { return }
        throw Diagnostic(
            "scaling.data", "the data degree follows from the nodes, and cannot be given",
            at: .init(key: "layout.data"), found: asked, remedy: "leave it out, and say on how many nodes with --nodes")
    }

    private func counts() throws -> [Int]? {
        try nodes?.split(separator: ",", omittingEmptySubsequences: false).map { part in
            guard let count = Int(part.filter { $0 != " " }) else {
                throw ValidationError("--nodes takes numbers with commas between them, such as 1,2,4; found '\(part)'.")
            }
            return count
        }
    }

    /// Each variant's name and settings, in the order of first mention.
    private func variantSettings() throws -> [(name: String, settings: [String])] {
        var all: [(name: String, settings: [String])] = []
        for text in variant {
            let parts = text.split(separator: ":", maxSplits: 1)
            guard parts.count == 2, !text.hasPrefix(":"), parts[1].contains("=") else {
                throw ValidationError("--variant takes name:path.to.key=value; found '\(text)'.")
            }
            let (name, setting) = (String(parts[0]), String(parts[1]))
            if let index = all.firstIndex(where: { $0.name == name }) {
                all[index].settings.append(setting)
            } else {
                all.append((name, [setting]))
            }
        }
        return all
    }

    private func variants(of profile: ClusterProfile) throws -> [ScalingStudy.Variant] {
        try variantSettings().map { entry in
            if entry.name == profile.name {
                throw Diagnostic(
                    "scaling.variant", "a curve of that name is there already: the cluster's own",
                    at: .init(key: "--variant"), found: entry.name, remedy: "name the variant after what is changed")
            }
            return ScalingStudy.Variant(
                name: entry.name,
                profile: try ClusterProfile.load(cluster, overrides: profileSettings.settings + entry.settings))
        }
    }

    /// The study, and the answer to `--days`: for each curve the fewest nodes, or `null`.
    private struct Answer: Encodable {
        var study: ScalingStudy
        var days: Double?
        var nodes: [Int?]?

        enum CodingKeys: String, CodingKey {
            case days = "deadline_days"
            case nodes = "nodes_for_deadline"
        }

        func encode(to encoder: any Encoder) throws {
            try study.encode(to: encoder)
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encodeIfPresent(days, forKey: .days)
            try container.encodeIfPresent(nodes, forKey: .nodes)
        }
    }
}
