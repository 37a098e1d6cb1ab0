import ArgumentParser
import Diagnostics
import Estimation
import Observation
import Recipes
import Simulation

struct TimelineCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "timeline",
        abstract: "One step in virtual time: what it is due to, a trace for Perfetto, a picture of the pipeline.",
        usage: """
            serre timeline <recipe> --cluster <cluster> [<options>]
            serre timeline --check <file> [--json]
            """,
        discussion: """
            Examples:
              serre timeline bloom-560m --cluster jean-zay-a100 --pipeline 4 --data 1 -o step.json
              serre timeline bloom-560m --cluster jean-zay-a100 --pipeline 4 --data 1 -o pipeline.svg
              serre timeline --check step.json

            Open the trace at https://ui.perfetto.dev or chrome://tracing: a process for each node, threads for each rank's \
            computing, collectives and messages, arrows from each message to who takes it, and the memory in use. The table \
            says what the step is due to: what the mean accelerator does or waits for, and what is on the critical path, \
            where waiting is replaced by what was waited for.
            """)

    @Argument(help: "A recipe file or the name of a shipped recipe.", completion: .recipe)
    var recipe: String?
    @Option(help: "Cluster profile: a file or the name of a shipped one (needed).", completion: .clusterProfile)
    var cluster: String?
    @Option(
        name: [.short, .long],
        help: "The trace's file, or the picture's if it ends in .svg (default: none, only the table).",
        completion: .file())
    var output: String?
    @Option(help: "The picture's file (default: none).", completion: .file())
    var svg: String?
    @Option(help: "Nodes to fill by raising the data degree (default: what the layout needs).")
    var nodes: Int?
    @Option(
        help:
            "Ranks in the trace: folded shows one of those that do the same, or all, or a list such as 0,4-7."
    )
    var ranks: String = "folded"
    @Option(help: "Micro-batches in the trace, such as 0-3 (default: all).")
    var microbatches: String?
    @Option(help: "passes, or instructions in them (default: instructions if a viewer can load so many).")
    var detail: StepTrace.Detail?
    @Option(
        help: ArgumentHelp(
            "Check a trace in Chrome's format, whoever wrote it: do slices nest, arrows end, threads have names; exit status 1 if not (default: none).",
            valueName: "file"), completion: .file())
    var check: String?
    @OptionGroup var recipeArguments: RecipeArguments
    @OptionGroup var styleArguments: StyleArguments
    @OptionGroup var profileSettings: ProfileSettings
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        guard check == nil else {
            guard recipe == nil, cluster == nil, output == nil, svg == nil else {
                throw ValidationError("--check takes a file and nothing else.")
            }
            return
        }
        guard recipe != nil else { throw ValidationError("Missing expected argument '<recipe>'") }
        guard cluster != nil else { throw ValidationError("Missing expected argument '--cluster <cluster>'") }
    }

    func run() throws {
        if let check { return try TraceVerdict(file: check).print(json: json) }
        if let recipe, let cluster { try show(recipe, on: cluster) }
    }

    private func show(_ name: String, on cluster: String) throws(Diagnostic) {
        let profile = try profileSettings.load(cluster)
        var recipe = try recipeArguments.load(name, style: styleArguments.style)
        if let nodes { recipe = try recipe.filling(nodes: nodes, of: profile, data: recipeArguments.data) }
        try recipe.requirePlayable(on: profile)
        if let remark = recipe.engineRemark { Console.warn(remark) }
        let choice = try TimelineChoice(self, recipe)
        let recording = try StepRecording(recipe, on: profile)
        let attribution = Attribution(recording)
        var result = TimelineResult(attribution)
        let title = choice.title(on: profile.name)
        if let path = choice.trace {
            let trace = try StepTrace(
                recording, title: title, acceleratorsPerNode: profile.nodes.acceleratorsPerNode, ranks: choice.ranks,
                microbatches: choice.microbatches, detail: detail)
            result.trace = .init(path, trace, events: try trace.write(to: path))
        }
        if let path = choice.picture {
            let caption = attribution.summary(width: 110, after: "Of the accelerators’ time:")
            try PipelinePicture(recording, title: title, caption: caption).write(to: path)
            result.picture = path
        }
        if json { return try Console.printJSON(result) }
        ([title, ""] + attribution.lines + result.remarks(of: recipe.layout)).forEach(Console.print)
    }
}

extension StepTrace.Detail: ExpressibleByArgument {}
