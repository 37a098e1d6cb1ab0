/// Which runs a list is to hold.
public struct RunFilter: Sendable, Equatable {
    /// Only runs in one of these states; `nil` for all.
    public var states: [RunState]?
    /// Only runs of the recipe of this name; `nil` for all.
    public var recipe: String?
    /// At most this many: the newest that match; `nil` for all.
    public var limit: Int?

    /// Without arguments: every run.
    public init(states: [RunState]? = nil, recipe: String? = nil, limit: Int? = nil) {
        self.states = states
        self.recipe = recipe
        self.limit = limit
    }

    /// Whether a run belongs in the list, the limit aside.
    func matches(_ run: RunSummary) -> Bool {
        (states?.contains(run.state) ?? true) && (recipe.map { $0 == run.recipe } ?? true)
    }
}
