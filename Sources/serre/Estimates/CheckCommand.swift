import ArgumentParser
import Diagnostics
import Estimation
import Recipes

struct CheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check",
        abstract: "Check all ranks' programs before a node-hour is spent, and whether they fit memory.",
        discussion: """
            Example:
              serre check bloom-176b --cluster jean-zay-a100

            The exit status is 1 when a program is not sound or a rank does not fit its accelerator.
            """)

    @Argument(help: "A recipe file or the name of a shipped recipe.", completion: .recipe)
    var recipe: String
    @Option(
        help: "Cluster profile, to see whether the layout and its memory fit (default: none).",
        completion: .clusterProfile)
    var cluster: String?
    @OptionGroup var recipeArguments: RecipeArguments
    @OptionGroup var styleArguments: StyleArguments
    @OptionGroup var profileSettings: ProfileSettings
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if cluster == nil, !profileSettings.settings.isEmpty { throw ValidationError("--set-profile needs --cluster.") }
    }

    func run() throws {
        let recipe = try recipeArguments.load(recipe, style: styleArguments.style)
        let profile = try cluster.map { name throws(Diagnostic) in try profileSettings.load(name) }
        let check = try LayoutCheck(recipe, on: profile)
        var fitting: [FittingChange] = []
        if let profile, check.fits == false { fitting = try FittingChange.changes(of: recipe, on: profile) }
        if json {
            try Console.printJSON(WithFittingChanges(check, fitting))
        } else {
            FittingChange.lines(fitting, ranks: recipe.layout.ranks, within: check.lines).forEach(Console.print)
        }
        if !check.isLegal || check.fits == false { throw ExitCode(1) }
    }
}
