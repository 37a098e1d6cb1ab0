import Diagnostics

extension RecipeOverrides {
    /// Refuses an option beside a setting (`path.to.key=value`, as `--set` gives it) of the same key to another value:
    /// whichever counted, the other would be passed over in silence.
    public func requireAgreement(with settings: [String]) throws(Diagnostic) {
        for option in self.settings {
            guard let text = Self.value(of: option.path, in: settings),
                Self.normalized(text) != Self.normalized(option.value)
            else { continue }
            let (given, set) = ("\(option.option) \(option.shown)", "--set \(option.path)=\(text)")
            throw Diagnostic(
                "recipe.contradiction", "two options give one key two values", at: .init(key: option.path),
                expected: "one value", found: "\(given) and \(set)", remedy: "leave out \(given) or \(set)")
        }
    }

    /// Refuses a split of the sequence that was asked for, by option or setting, where the tensor degree is 1. Recipes may say
    /// it: it then waits for a larger degree.
    public func requireTensorRanks(of recipe: Recipe, settings: [String] = []) throws(Diagnostic) {
        let setting = Self.value(of: Self.sequenceParallelKey, in: settings)
        guard recipe.layout.tensor == 1, recipe.layout.sequenceParallel else { return }
        guard sequenceParallel == true || setting.map(Self.normalized) == "true" else { return }
        let asked =
            sequenceParallel == true
            ? "--sequence-parallel on" : "--set \(Self.sequenceParallelKey)=\(setting ?? "true")"
        throw Self.nothingToSplit(asked: asked, larger: recipe.tensorDegrees.first { $0 > 1 })
    }

    /// The refusal of a split of the sequence over a single tensor rank.
    public static func nothingToSplit(asked: String = "--sequence-parallel on", larger: Int?) -> Diagnostic {
        Diagnostic(
            "layout.sequence-parallel", "a tensor degree of 1 leaves nobody to split norms and residuals with",
            at: .init(key: sequenceParallelKey), found: "\(asked) with tensor 1",
            remedy: (larger.map { "pass --tensor \($0) or more, or leave out " } ?? "leave out ") + asked)
    }

    /// Refuses a setting of a key that a search over layouts decides, and names the option that keeps it as it is; one that
    /// repeats such an option is let pass.
    public func requireNoSearchedKey(in settings: [String]) throws(Diagnostic) {
        let options = [
            "tensor", "pipeline", "interleave", "data", "micro-batch", "zero", "schedule", "recompute",
            "sequence-parallel",
        ]
        for option in options {
            let key = "layout." + option.replacing("-", with: "_")
            guard let value = Self.value(of: key, in: settings), !self.settings.contains(where: { $0.path == key })
            else { continue }
            let word = key != Self.sequenceParallelKey ? value : Self.normalized(value) == "true" ? "on" : "off"
            throw Diagnostic(
                "plan.searched-key", "the search decides this key, and would not keep what is set", at: .init(key: key),
                found: "--set \(key)=\(value)", remedy: "pass --\(option) \(word), which is kept as it is")
        }
    }

    static let sequenceParallelKey = "layout.sequence_parallel"

    /// The last value that settings give a key.
    private static func value(of path: String, in settings: [String]) -> String? {
        settings.last { $0.hasPrefix(path + "=") }.map { String($0.dropFirst(path.count + 1)) }
    }

    /// YAML has several ways to write a value.
    private static func normalized(_ value: String) -> String {
        let bare = value.filter { !$0.isWhitespace && $0 != "\"" && $0 != "'" && $0 != "_" }
        return ["on": "true", "off": "false"][bare] ?? bare
    }
}

extension RecipeOverrides.Setting {
    /// The value as the option takes it.
    fileprivate var shown: String {
        guard path == RecipeOverrides.sequenceParallelKey else { return value }
        return value == "true" ? "on" : "off"
    }
}

extension Recipe {
    /// The degrees of tensor parallelism that the layout's engine could run, in ascending order.
    public var tensorDegrees: [Int] {
        (layout.style == .serre ? legalTensorDegrees : otherStylesTensorDegrees).sorted()
    }
}
