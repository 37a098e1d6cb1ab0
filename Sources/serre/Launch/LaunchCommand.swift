import ArgumentParser
import ClusterProfiles
import Corpora
import Diagnostics
import Estimation
import Foundation
import Integrity
import Launching
import Recipes

struct LaunchCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "launch",
        abstract: "Write, and with --submit submit, the Slurm jobs that train a recipe across time limits.",
        discussion: """
            Examples:
              serre launch demo --cluster jean-zay-a100 --nodes 1 --account abc --jobs 3
              serre launch demo --cluster jean-zay-a100 --nodes 1 --account abc --time 2h --submit

            Each job goes on with the run where the one before left it, and leaves at once when nothing is left to do. The \
            script is commented: read it. serre jobs tells how the jobs fare.
            """)

    @Argument(help: "A recipe file or the name of a shipped recipe.", completion: .recipe)
    var recipe: String
    @Option(
        help: "Cluster profile: partition, accelerators and cores of a node, time limit.", completion: .clusterProfile)
    var cluster: String
    @Option(
        help:
            "Nodes to train on, filled by the data degree unless --data is given (default: as many as the recipe's layout needs)."
    )
    var nodes: Int?
    @Option(help: "Folder that the jobs share (default: runs/ and the jobs' name).", completion: .directory)
    var output: String?
    @Option(name: .customLong("name"), help: "Name of the jobs (default: the recipe's).")
    var jobName: String?
    @OptionGroup var slurmArguments: SlurmArguments
    @Option(
        help:
            "Folder of a built corpus, or the PREFIX.json of token files (default: the recipe's data.corpus, else the small corpus shipped with Serre).",
        completion: .file())
    var corpus: String?
    @Option(
        help: ArgumentHelp(
            "Time that a run spares before a job's end, as serre train has it (default: derived from steps and saves).",
            valueName: "duration"))
    var timeMargin: String?
    @Flag(help: "Do not record the run in git.")
    var noLedger = false
    @Flag(help: "Submit the script; it is kept in the jobs' folder.")
    var submit = false
    @Option(
        name: .customShort("o"), help: "Write the script to this file (default: standard output, unless submitted).",
        completion: .file())
    var file: String?
    @OptionGroup var recipeArguments: RecipeArguments
    @OptionGroup var profileSettings: ProfileSettings
    @Flag(help: "Print one JSON object.")
    var json = false

    func run() throws {
        let profile = try profileSettings.load(cluster)
        let recipe = try placed(on: profile)
        let plan = try JobPlan(recipe, on: profile, request(recipe, on: profile))
        try requireTime(of: plan)
        try requireSound(recipe, on: profile)
        try requireCorpus()
        let script = JobScript(plan, author: "serre \(SerreVersion.text)")
        var result = LaunchResult(plan)
        if let file {
            try AtomicFile.write(script.text, to: file)
            result.file = file
            Console.note("Submit it: mkdir -p \(plan.request.folder) && \(script.submission(of: file))")
        }
        if submit { try hand(script, recipe, &result) }
        if !submit, file == nil { result.script = script.text }
        if json { return try Console.printJSON(result) }
        if let text = result.script { return Console.print(String(text.dropLast())) }
        if let jobs = result.jobs {
            Console.print("folder  \(plan.request.folder)")
            Console.print("jobs    \(jobs.joined(separator: ", "))")
        }
    }

    /// Puts the script into the jobs' folder and submits it.
    private func hand(_ script: JobScript, _ recipe: Recipe, _ result: inout LaunchResult) throws(Diagnostic) {
        let plan = script.plan
        let slurm = try Slurm()
        try slurm.requireRoom(for: plan)
        let folder = LaunchFolder(plan.request.folder)
        if FileManager.default.fileExists(atPath: folder.killSwitch) {
            throw Diagnostic(
                "launch.kill-switch", "jobs of this run would leave at once", at: .init(file: folder.killSwitch),
                remedy: "remove the file first")
        }
        try requireSame(script.plan, recipe, in: folder)
        do {
            try FileManager.default.createDirectory(atPath: folder.jobs, withIntermediateDirectories: true)
        } catch {
            throw Diagnostic(
                "launch.folder", "the jobs' folder cannot be made", at: .init(file: folder.path),
                remedy: "name another with --output", kind: .failure)
        }
        try AtomicFile.write(script.text, to: folder.script)
        let avoid = folder.nodesToAvoid()
        if !avoid.isEmpty {
            Console.note("Nodes to avoid, by \(folder.excludedNodes): \(avoid.joined(separator: ", "))")
        }
        result.file = folder.script
        result.jobs = try slurm.submit(folder.script, plan, exclude: avoid)
        Console.note("See how it goes: serre jobs \(folder.path)")
    }

    /// A folder holds one run, and one lot of jobs at a time.
    private func requireSame(_ plan: JobPlan, _ recipe: Recipe, in folder: LaunchFolder) throws(Diagnostic) {
        if let job = JobStates(of: plan.request.folder, jobs: []).queue.first(where: \.isActive) {
            throw Diagnostic(
                "launch.queued", "jobs of this run are waiting or running already", at: .init(file: folder.path),
                found: "\(job.name), \(job.state.lowercased())", remedy: "wait for them, or end them with scancel")
        }
        guard let begun = try RunProgress(folder) else { return }
        guard begun.recipe.resultDigest == recipe.resultDigest else {
            throw Diagnostic(
                "launch.other-run", "this folder holds a run of another recipe or with other options",
                at: .init(file: begun.folder.path), remedy: "name another folder with --output")
        }
        Console.note(
            "\(begun.folder.name) goes on after step \(begun.saved ?? 0) of \(begun.planned).")
    }

    /// The recipe on the nodes that are asked for.
    private func placed(on profile: ClusterProfile) throws(Diagnostic) -> Recipe {
        let recipe = try recipeArguments.load(recipe)
        if let obstacle = recipe.trainingObstacles(corpus: corpus).first { throw obstacle }
        try profile.requireRoom(for: recipe.layout)
        guard let nodes, recipeArguments.data == nil else { return recipe }
        return try recipe.filling(nodes: nodes, of: profile)
    }

    /// Refuses what would only fail when the jobs have waited their turn.
    private func requireSound(_ recipe: Recipe, on profile: ClusterProfile) throws(Diagnostic) {
        let check = try LayoutCheck(recipe, on: profile)
        if let problem = check.problems.first {
            throw Diagnostic("launch.program", "the programs are not sound: \(problem)", kind: .failure)
        }
        guard check.fits == false else { return }
        throw Diagnostic(
            "launch.memory", "the largest rank does not fit an accelerator of \(profile.name)",
            expected: "at most \(bytesText(Int(profile.accelerator.memoryBytes)))",
            found: bytesText(Int(check.memory.total)),
            remedy: "raise the tensor or pipeline degree, lower --micro-batch, or use --recompute full")
    }

    /// Jobs may be written where their corpus is not; they are submitted where it is.
    private func requireCorpus() throws(Diagnostic) {
        guard let corpus else { return }
        do {
            _ = try openTokenSource(corpus)
        } catch {
            if submit { throw error }
            Console.warn("the jobs would not find their corpus here: \(error)")
        }
    }

    /// Jobs that leave before their limit by more than it is long would each train a step.
    private func requireTime(of plan: JobPlan) throws(Diagnostic) {
        guard let timeMargin else { return }
        let margin = try SlurmArguments.seconds(timeMargin, "--time-margin")
        guard margin >= plan.seconds else { return }
        throw Diagnostic(
            "launch.time-margin", "the jobs would leave as soon as they begin", at: .init(key: "--time-margin"),
            expected: "less than the jobs' time limit of \(plan.seconds) s", found: "\(timeMargin), \(margin) s")
    }

    private func request(_ recipe: Recipe, on profile: ClusterProfile) throws(Diagnostic) -> JobRequest {
        let name = jobName ?? recipe.name
        var start = [Self.word(self.recipe)] + recipeArguments.resultWords
        if let corpus { start += ["--corpus", FilePath.absolute(corpus)] }
        var request = JobRequest(
            name: name, folder: FilePath.absolute(output ?? "runs/" + name),
            workFolder: FileManager.default.currentDirectoryPath, program: FilePath.thisProgram, start: start,
            nodes: nodes ?? JobPlan.fewestNodes(for: recipe.layout, of: profile) ?? profile.nodes.count)
        // The run then has the clock's times: beside its own in the record, and for the deadlines of the watchdog.
        request.options =
            ["--cluster", Self.word(cluster)] + profileSettings.settings.flatMap { ["--set-profile", $0] }
        if noLedger { request.options.append("--no-ledger") }
        if let timeMargin {
            request.options += ["--time-margin", timeMargin]
        }
        try slurmArguments.complete(&request)
        return request
    }

    /// A recipe or profile, named or a file, as the jobs find it from any folder.
    private static func word(_ nameOrPath: String) -> String {
        nameOrPath.contains("/") || nameOrPath.hasSuffix(".yaml") || nameOrPath.hasSuffix(".yml")
            ? FilePath.absolute(nameOrPath) : nameOrPath
    }
}

/// The answer of `serre launch --json`.
struct LaunchResult: Encodable {
    var folder: String
    var nodes, spareNodes, tasksPerNode, cpusPerTask: Int
    var acceleratorsPerNode: Int?
    var partition: String
    var timeLimitSeconds: Int
    var file: String?
    var jobs: [String]?
    var script: String?

    init(_ plan: JobPlan) {
        (folder, nodes, spareNodes) = (plan.request.folder, plan.request.nodes, plan.request.spareNodes)
        (tasksPerNode, cpusPerTask, acceleratorsPerNode) = (
            plan.tasksPerNode, plan.coresPerTask, plan.acceleratorsPerNode
        )
        (partition, timeLimitSeconds) = (plan.partition, plan.seconds)
    }

    enum CodingKeys: String, CodingKey {
        case folder, nodes, partition, file, jobs, script
        case spareNodes = "spare_nodes"
        case tasksPerNode = "tasks_per_node"
        case cpusPerTask = "cpus_per_task"
        case acceleratorsPerNode = "accelerators_per_node"
        case timeLimitSeconds = "time_limit_seconds"
    }
}
