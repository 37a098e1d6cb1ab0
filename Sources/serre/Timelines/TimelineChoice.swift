import Diagnostics
import Observation
import Recipes

/// What a trace and a picture shall show.
struct TimelineChoice {
    var trace, picture: String?
    var ranks: StepTrace.Ranks
    var microbatches: NumberList?
    private let recipe: Recipe

    init(_ command: TimelineCommand, _ recipe: Recipe) throws(Diagnostic) {
        self.recipe = recipe
        let isPicture = command.output?.lowercased().hasSuffix(".svg") == true
        trace = isPicture ? nil : command.output
        picture = command.svg ?? (isPicture ? command.output : nil)
        if let other = command.svg, isPicture {
            throw Diagnostic(
                "timeline.output", "there is one picture, but two files are named", at: .init(key: "--svg"),
                found: "\(command.output ?? "") and \(other)", remedy: "leave one of them out")
        }
        if let trace, let picture, FilePath.absolute(trace) == FilePath.absolute(picture) {
            throw Diagnostic(
                "timeline.output", "trace and picture would be the same file", at: .init(key: "--svg"), found: picture,
                remedy: "name two files")
        }
        ranks =
            switch command.ranks {
            case "folded": .folded
            case "all": .all
            default: .listed(try NumberList(command.ranks, upTo: recipe.layout.ranks - 1, key: "--ranks"))
            }
        microbatches = try command.microbatches.map { (text) throws(Diagnostic) in
            try NumberList(text, upTo: Self.microbatches(recipe) - 1, key: "--microbatches")
        }
    }

    /// Of one replica.
    private static func microbatches(_ recipe: Recipe) -> Int {
        recipe.batch.global / (recipe.layout.data * recipe.layout.microBatch)
    }

    func title(on profile: String) -> String {
        let layout = recipe.layout
        let count = Self.microbatches(recipe)
        return
            "\(recipe.name) on \(profile): tensor \(layout.tensor) × pipeline \(layout.pipeline) × data \(layout.data), "
            + "\(layout.schedule.rawValue), \(count) micro-batch\(count == 1 ? "" : "es")"
    }
}
