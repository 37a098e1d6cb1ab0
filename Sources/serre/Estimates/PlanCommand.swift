import ArgumentParser
import ClusterProfiles
import Diagnostics
import Estimation
import Foundation
import Recipes

struct PlanCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "plan",
        abstract: "Rank every legal layout of a recipe on a number of nodes, and say why the others do not do.",
        discussion: """
            Examples:
              serre plan bloom-176b --cluster jean-zay-a100 --nodes 48 --top 5
              serre plan gpt3-175b --cluster selene --max-accelerators 512 --style megatron --max-days 60

            The search covers tensor, pipeline and data degrees, micro-batches, schedules and chunks, ZeRO stages, \
            recomputation and sequence parallelism, whatever the recipe says of them; a layout option given here is \
            kept as it is. What cannot be among the fastest is ruled out by a lower bound on its time, and counted. The \
            exit status is 1 when no layout is left.
            """)

    @Argument(help: "A recipe file or the name of a shipped recipe.", completion: .recipe)
    var recipe: String
    @Option(help: "Cluster profile: a file or the name of a shipped one.", completion: .clusterProfile)
    var cluster: String
    @Option(help: "Nodes, all of whose accelerators are used (default: as many as --max-accelerators allows).")
    var nodes: Int?
    @Option(
        help: ArgumentHelp(
            "No more accelerators than these, in whole nodes (default: those of --nodes).", valueName: "count"))
    var maxAccelerators: Int?
    @Option(help: "How many layouts to rank.")
    var top = 5
    @Option(help: ArgumentHelp("Longest time for the whole run (default: none).", valueName: "days"))
    var maxDays: Double?
    @Option(
        help: ArgumentHelp(
            "Highest cost of the whole run, in the profile's currency (default: none).", valueName: "cost"))
    var maxCost: Double?
    @Option(help: ArgumentHelp("Lowest model FLOP utilisation, 0 to 1 (default: none).", valueName: "share"))
    var minMfu: Double?
    @OptionGroup var recipeArguments: RecipeArguments
    @OptionGroup var styleArguments: StyleArguments
    @OptionGroup var profileSettings: ProfileSettings
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if nodes == nil, maxAccelerators == nil {
            throw ValidationError("Say how many nodes with --nodes, or --max-accelerators for as many as it allows.")
        }
        for (name, value) in [("--max-days", maxDays), ("--max-cost", maxCost), ("--min-mfu", minMfu)] {
            guard let value, !(value.isFinite && value > 0) else { continue }
            throw ValidationError("\(name) must be a number greater than 0.")
        }
        if let minMfu, minMfu > 1 { throw ValidationError("--min-mfu is a share: at most 1.") }
    }

    func run() throws {
        PlanningMemory.settle()
        let profile = try profileSettings.load(cluster)
        // Options of the layout narrow the search; they need not be legal beside the recipe's own other values.
        var options = recipeArguments.overrides
        options.style = styleArguments.style
        try options.requireAgreement(with: recipeArguments.settings)
        try options.requireNoSearchedKey(in: recipeArguments.settings)
        options = options.withoutLayout
        let recipe = try Recipe.load(recipe, overrides: recipeArguments.settings, options: options)
        if maxCost != nil, profile.site.price == nil {
            throw Diagnostic(
                "plan.no-price", "\(profile.name) has no price, so that no cost can be bounded",
                at: .init(key: "--max-cost"),
                remedy: "pass --set-profile site.price_per_accelerator_hour=… --set-profile site.currency=…, or leave "
                    + "--max-cost out")
        }
        let request = PlanRequest(
            nodes: try nodes(of: profile), top: top, fixed: .init(recipeArguments.overrides),
            constraints: .init(daysMax: maxDays, costMax: maxCost, utilisationMin: minMfu),
            threads: ProcessInfo.processInfo.activeProcessorCount)
        let plan = try LayoutPlan(recipe, on: profile, request) { Console.progress(Self.text($0)) }
        Console.endProgress()
        if json {
            try Console.printJSON(plan)
        } else {
            plan.lines.forEach(Console.print)
        }
        if plan.candidates.isEmpty { throw ExitCode(1) }
    }

    private func nodes(of profile: ClusterProfile) throws(Diagnostic) -> Int {
        guard let maxAccelerators else { return nodes ?? 1 }
        return try profile.nodes(maxAccelerators: maxAccelerators, asked: nodes)
    }

    private static func text(_ progress: LayoutPlan.Progress) -> String {
        switch progress {
        case .bounding(let done, let all):
            let filled = 30 * done / max(all, 1)
            let bar = String(repeating: "#", count: filled) + String(repeating: ".", count: 30 - filled)
            return "plan [\(bar)] \(done) of \(all) combinations of degrees"
        case .estimating(let done): return "plan: \(done) layouts estimated"
        }
    }
}

extension RecipeOverrides {
    /// The overrides that are not about the layout.
    fileprivate var withoutLayout: RecipeOverrides {
        var others = self
        (others.tensor, others.pipeline, others.interleave, others.data) = (nil, nil, nil, nil)
        (others.microBatch, others.zero, others.schedule) = (nil, nil, nil)
        (others.recompute, others.sequenceParallel) = (nil, nil)
        return others
    }
}
