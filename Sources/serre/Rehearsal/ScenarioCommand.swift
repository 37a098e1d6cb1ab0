import ArgumentParser
import ClusterProfiles
import Corpora
import Diagnostics
import Foundation
import Numerics
import Recipes
import Rehearsal
import Scenarios
import Tables

struct ScenarioCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "scenario",
        abstract: "The scenarios: what goes wrong with a run, and what must come of it.",
        discussion: """
            Examples:
              serre scenario list
              serre scenario run torn-save
              serre scenario run hang-at-evaluation nano --pipeline 2

            A scenario has a name, and events such as {kind: hang, step: 4, rank: 1, instruction: 40}. Beside its kind, an \
            event has a moment, either step or (virtual) seconds, and what else its kind can say: rank, node, instruction \
            and message (each counted from 0 in the step), in: evaluation (in the evaluation after the step, not in the step \
            itself), operation (on the disk, counted from the begin of the step), element, bit, factor, steps, times, \
            delay_seconds and grace_seconds. What an event leaves open is drawn from --draw. A key that a kind does not have \
            is refused with those that it has. Under rehearse_with a scenario says what of the recipe and of the profile it \
            needs (recipe: {layout.data: 2}, profile: {nodes.accelerators_per_node: 2}); the command line goes before it.
            """,
        subcommands: [
            ScenarioListCommand.self, ScenarioShowCommand.self, ScenarioCheckCommand.self, ScenarioRunCommand.self,
        ])
}

struct ScenarioListCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "list", abstract: "The shipped scenarios.",
        discussion: """
            Example:
              serre scenario list
            """)

    @Flag(help: "Print JSON lines.")
    var json = false

    func run() throws {
        var table = TextTable(header: ["name", "what happens"])
        for name in Scenario.list() {
            let scenario = try Scenario.load(name)
            if json {
                try Console.printJSON(Line(name: name, description: scenario.summary, source: scenario.source))
            } else {
                table.rows.append([name, scenario.summary])
            }
        }
        if !json { table.wrapped(to: 100).lines.forEach(Console.print) }
    }

    private struct Line: Encodable {
        var name: String
        var description: String
        var source: String?
    }
}

struct ScenarioShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "A scenario as YAML, as it is read.",
        discussion: """
            Example:
              serre scenario show torn-save
            """)

    @Argument(help: "A scenario's file or the name of a shipped one.", completion: .scenario)
    var scenario: String

    func run() throws { Console.print(String(try Scenario.load(scenario).yaml.dropLast())) }
}

/// The run that a scenario is held against, and how the simulated machine is.
struct RehearsalArguments: ParsableArguments {
    @Argument(help: "A recipe file or the name of a shipped recipe.", completion: .recipe)
    var recipe = "nano"
    @OptionGroup var recipeArguments: RecipeArguments
    @Option(help: "Cluster profile: a file or the name of a shipped one.", completion: .clusterProfile)
    var cluster = "jean-zay-a100"
    @OptionGroup var profileSettings: ProfileSettings

    /// The recipe and the profile, set as a scenario asks where the command line says nothing else.
    func load(for scenario: Scenario) throws(Diagnostic) -> (recipe: Recipe, profile: ClusterProfile) {
        let settings = scenario.settings
        return (
            try recipeArguments.load(recipe, defaults: settings.recipe),
            try profileSettings.load(cluster, defaults: settings.profile)
        )
    }
}

struct ScenarioCheckCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "check", abstract: "Whether a scenario can be read and fits a run.",
        discussion: """
            Example:
              serre scenario check my-scenario.yaml nano --tensor 2 --data 2
            """)

    @Argument(help: "A scenario's file or the name of a shipped one.", completion: .scenario)
    var scenario: String
    @OptionGroup var rehearsed: RehearsalArguments

    func run() throws {
        let scenario = try Scenario.load(scenario)
        let (recipe, profile) = try rehearsed.load(for: scenario)
        try profile.requireRoom(for: recipe.layout)
        try scenario.check(against: RunShape(of: recipe, on: profile, VirtualTime(recipe, on: profile)))
        Console.print("\(scenario.name): sound, and fits \(recipe.name) on \(recipe.layout)")
    }
}

struct ScenarioRunCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "run", abstract: "Rehearse a scenario and say whether all came as it must.",
        discussion: """
            Example:
              serre scenario run torn-save

            Nothing is written or recorded. Exit status 1 when the run did not come out as the \
            scenario expects, or as the run without faults does.
            """)

    @Argument(help: "A scenario's file or the name of a shipped one.", completion: .scenario)
    var scenario: String
    @OptionGroup var rehearsed: RehearsalArguments
    @OptionGroup var workerArguments: WorkerArguments
    @Option(help: "Draws what the scenario leaves open.")
    var draw: UInt64 = 0
    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let scenario = try Scenario.load(scenario)
        let (recipe, profile) = try rehearsed.load(for: scenario)
        let folder = try MemoryFolder()
        let place: String
        if let named = recipe.data.corpus { place = named } else { place = try SoakCorpus.build(in: folder.path) }
        let rehearsal = try Rehearsal(
            recipe, corpus: openTokenSource(place), profile: profile,
            kernels: workerArguments.kernels(recipe, processes: 1))
        let report = try rehearsal.run(scenario, seed: draw)
        try RehearsalText(report).print(json: json)
        if !report.problems.isEmpty { throw ExitCode(1) }
    }
}
