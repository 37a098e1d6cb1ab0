import Recipes
import Replay

/// What `serre runs replay` says to people.
struct ReplayText {
    let run: RecordedRun
    let recipe: Recipe
    let range: StepRange
    let hosts: Int
    let basis: ReplayBasis

    /// Said before the first step, so that a long replay is not a silent one.
    func opening(_ start: ReplayStart) -> [String] {
        var lines = [basis.note].compactMap { $0 }
        lines += start.passedOver.map { "not used: \($0)" }
        lines += run.contradictions.map { "the record contradicts itself: \($0)" }
        if let flip = run.flip {
            lines.append("the run was made with the planted bit flip \(flip.text), which a replay leaves out")
        }
        return lines
    }

    func result(_ result: ReplayResult) -> [String] {
        let from = result.start.checkpoint.map { "checkpoint \($0)" } ?? "the seed"
        let processes = "\(hosts) process\(hosts == 1 ? "" : "es")"
        var lines = [
            "run         \(run.run)", "from        \(from)",
            "layout      \(recipe.layout), on \(processes)",
        ]
        if recipe.layout != run.recipe.layout { lines.append("recorded    \(run.recipe.layout)") }
        lines.append(
            "repeated    steps \(result.start.step + 1) to \(result.last): \(result.steps) fingerprint"
                + "\(result.steps == 1 ? "" : "s"), \(result.digests) digest\(result.digests == 1 ? "" : "s")"
                + (result.evaluations > 0
                    ? ", \(result.evaluations) evaluation\(result.evaluations == 1 ? "" : "s")" : ""))
        if !result.unrecorded.isEmpty { lines.append("unrecorded  \(result.unrecorded.count) steps are not on record") }
        guard let first = result.first else { return lines + ["identical   every bit is as recorded"] }
        lines.append("differs     at step \(first.step): \(first.quantity.name)")
        lines.append("  recorded  \(first.expected)")
        lines.append("  now       \(first.found)")
        if let tensor = first.tensor {
            lines.append("  first     \(tensor)" + (first.rank.map { ", saved by rank \($0)" } ?? ""))
        }
        if result.differences > 1 { lines.append("  in all    \(result.differences) steps differ") }
        lines.append("  next      serre runs bisect \(run.run) says which instruction")
        return lines
    }
}

/// The object of `runs replay --json`.
struct ReplayLine: Encodable {
    private var run: String
    private var identical: Bool
    private var stepsReplayed, digestsCompared, evaluationsCompared, differences: Int
    private var firstStep, lastStep: Int
    private var sameExecutable: Bool
    private var firstDifference: Difference?

    private struct Difference: Encodable {
        var step: Int
        var rank: Int?
        var tensor: String?
        var quantity, expected, found: String

        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: Key.self)
            try container.encode(step, forKey: .step)
            // Scripts rely on the keys: what is not known is null.
            try container.encode(rank, forKey: .rank)
            try container.encode(tensor, forKey: .tensor)
            try container.encode(quantity, forKey: .quantity)
            try container.encode(expected, forKey: .expected)
            try container.encode(found, forKey: .found)
        }

        enum Key: String, CodingKey { case step, rank, tensor, quantity, expected, found }
    }

    init(_ recorded: RecordedRun, _ result: ReplayResult, _ basis: ReplayBasis) {
        run = recorded.run.text
        identical = result.isIdentical
        (stepsReplayed, digestsCompared) = (result.steps, result.digests)
        (evaluationsCompared, differences) = (result.evaluations, result.differences)
        (firstStep, lastStep) = (result.start.step + 1, result.last)
        sameExecutable = basis.relation == .sameExecutable
        firstDifference = result.first.map {
            Difference(
                step: $0.step, rank: $0.rank, tensor: $0.tensor, quantity: $0.quantity.name, expected: $0.expected,
                found: $0.found)
        }
    }

    func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: Key.self)
        try container.encode(run, forKey: .run)
        try container.encode(identical, forKey: .identical)
        try container.encode(stepsReplayed, forKey: .stepsReplayed)
        try container.encode(digestsCompared, forKey: .digestsCompared)
        try container.encode(evaluationsCompared, forKey: .evaluationsCompared)
        try container.encode(differences, forKey: .differences)
        try container.encode(firstStep, forKey: .firstStep)
        try container.encode(lastStep, forKey: .lastStep)
        try container.encode(sameExecutable, forKey: .sameExecutable)
        try container.encode(firstDifference, forKey: .firstDifference)
    }

    enum Key: String, CodingKey {
        case run, identical, differences
        case stepsReplayed = "steps_replayed"
        case digestsCompared = "digests_compared"
        case evaluationsCompared = "evaluations_compared"
        case firstStep = "first_step"
        case lastStep = "last_step"
        case sameExecutable = "same_executable"
        case firstDifference = "first_difference"
    }
}
