import ArgumentParser
import Diagnostics
import Estimation
import Integrity
import Recipes

struct BudgetCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "budget",
        abstract: "How large a model a number of accelerator-hours trains best, by published scaling laws.",
        discussion: """
            Example:
              serre budget --accelerator-hours 100000 --cluster jean-zay-h100

            The speed is not assumed: the shape's fastest layout is estimated on the cluster, as serre plan finds it, and \
            size and speed are settled together. The hours include what failures and checkpoints take. The shape's hidden size is a \
            multiple of 128 and near 128 times its layers, with heads of 128.

            Laws, for N parameters, D tokens and C = 6·N·D floating-point operations:
            \(ScalingLaw.allCases.map { "  \($0.rawValue): \($0.source)" }.joined(separator: "\n"))
            """)

    @Option(help: "Accelerator-hours to spend.")
    var acceleratorHours: Double
    @Option(help: "Cluster profile: a file or the name of a shipped one.", completion: .clusterProfile)
    var cluster: String
    @Option(help: "Nodes to train on (default: the power of two of them that takes about --days).")
    var nodes: Int?
    @Option(help: ArgumentHelp("No more accelerators than these (default: the cluster's).", valueName: "count"))
    var maxAccelerators: Int?
    @Option(help: "Days the run should take about, where --nodes is not given (default: 30).")
    var days: Double?
    @Option(help: "twenty-tokens, hoffmann, besiroglu or kaplan (default: twenty-tokens, 20 per parameter).")
    var law: ScalingLaw?
    @Option(help: "Tokens per parameter; more makes a smaller model, cheaper to use (default: the law's).")
    var tokensPerParameter: Double?
    @Option(help: "bloom, llama or gpt2 (default: llama).")
    var family: Recipe.Model.Family?
    @Option(help: "Tokens per sample (default: 2048).")
    var sequenceLength: Int?
    @Option(help: "Token ids (default: those of the family's published models).")
    var vocabulary: Int?
    @Option(help: "float32, bfloat16, float16 or float8 (default: bfloat16).")
    var precision: Recipe.Precision?
    @Option(help: "Whose programs: serre, or a model of megatron, deepspeed or fsdp (default: serre).")
    var style: EngineStyle?
    @Option(help: "Write the answer as a recipe, to estimate, plan or change (default: no file).", completion: .file())
    var recipe: String?
    @Option(
        help: "Write the run's energy and carbon by what they are due to, as SVG (default: no file).",
        completion: .file())
    var svg: String?
    @OptionGroup var profileSettings: ProfileSettings
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if law != nil, tokensPerParameter != nil {
            throw ValidationError("--law and --tokens-per-parameter exclude each other.")
        }
        if nodes != nil, days != nil { throw ValidationError("--nodes and --days exclude each other.") }
    }

    func run() throws {
        PlanningMemory.settle()
        let budget = try ComputeBudget(question, on: profileSettings.load(cluster))
        if let recipe { try AtomicFile.write(budget.estimate.recipe.yaml, to: recipe) }
        if let svg { try AtomicFile.write(try budget.estimate.footprintPicture(), to: svg) }
        if json { return try Console.printJSON(budget) }
        budget.lines.forEach(Console.print)
    }

    private var question: ComputeBudget.Question {
        var question = ComputeBudget.Question(acceleratorHours: acceleratorHours)
        question.nodes = nodes
        question.days = days ?? question.days
        question.acceleratorsMax = maxAccelerators
        question.law = law ?? question.law
        question.tokensPerParameter = tokensPerParameter
        question.family = family ?? question.family
        question.sequenceLength = sequenceLength ?? question.sequenceLength
        question.vocabulary = vocabulary
        question.precision = precision ?? question.precision
        question.style = style ?? question.style
        return question
    }
}

extension ScalingLaw: ExpressibleByArgument {}
extension Recipe.Model.Family: ExpressibleByArgument {}
