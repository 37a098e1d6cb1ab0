import ArgumentParser
import Diagnostics
import Estimation
import Integrity
import Recipes

struct EstimateCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "estimate",
        abstract: "What a run would take on a cluster: step time, memory, days, energy, carbon, cost.",
        discussion: """
            Examples:
              serre estimate bloom-176b --cluster jean-zay-a100
              serre estimate bloom-176b --cluster jean-zay-a100 --svg footprint.svg

            The programs are those that serre train runs, played on a virtual clock
            with the arithmetic left out. The whole run is simulated many times, with
            failures, restarts and waits; 80 % of them lie in the brackets.
            """)

    @Argument(help: "A recipe file or the name of a shipped recipe.", completion: .recipe)
    var recipe: String
    @Option(help: "Cluster profile: a file or the name of a shipped one.", completion: .clusterProfile)
    var cluster: String
    @Option(help: "Nodes to fill by raising the data degree (default: what the layout needs).")
    var nodes: Int?
    @Option(
        help: "Write the whole run's energy and carbon by what they are due to, as SVG (default: no file).",
        completion: .file())
    var svg: String?
    @OptionGroup var styleArguments: StyleArguments
    @OptionGroup var campaignArguments: CampaignArguments
    @OptionGroup var recipeArguments: RecipeArguments
    @OptionGroup var profileSettings: ProfileSettings
    @Flag(help: "Print JSON.")
    var json = false

    func run() throws {
        PlanningMemory.settle()
        let profile = try profileSettings.load(cluster)
        var recipe = try recipeArguments.load(recipe, style: styleArguments.style)
        if let nodes { recipe = try recipe.filling(nodes: nodes, of: profile, data: recipeArguments.data) }
        let estimate = try Estimate(recipe, on: profile, options: campaignArguments.options, attributing: true)
        if let remark = recipe.engineRemark { Console.warn(remark) }
        if let svg { try AtomicFile.write(try estimate.footprintPicture(), to: svg) }
        let fitting = estimate.fits ? [] : try FittingChange.changes(of: recipe, on: profile)
        if json { return try Console.printJSON(WithFittingChanges(estimate, fitting)) }
        FittingChange.lines(fitting, ranks: recipe.layout.ranks, within: estimate.lines).forEach(Console.print)
    }
}
