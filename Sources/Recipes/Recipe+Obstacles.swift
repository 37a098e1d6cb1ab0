import Diagnostics

extension Recipe {
    /// What this recipe asks for that can be estimated but not trained yet: training refuses each with the reason.
    public var trainingObstacles: [Diagnostic] { trainingObstacles(corpus: nil) }

    /// The same for a run on a named corpus: token files may be of any tokeniser.
    public func trainingObstacles(corpus: String?) -> [Diagnostic] {
        var obstacles = [Diagnostic]()
        if layout.style != .serre {
            obstacles.append(
                Diagnostic(
                    "recipe.not-trainable", "programs of another engine's style can only be estimated",
                    at: .init(key: "layout.style"), expected: EngineStyle.serre.rawValue,
                    found: layout.style.rawValue, remedy: "leave out layout.style"))
        }
        if precision == .float16 || precision == .float8 {
            obstacles.append(
                Diagnostic(
                    "recipe.not-trainable",
                    "training has no kernels for this precision yet, so it would not be the "
                        + "arithmetic that the recipe names", at: .init(key: "precision"),
                    expected: "float32 or bfloat16",
                    found: precision.rawValue, remedy: "pass --precision bfloat16"))
        }
        let readsTokens = (corpus ?? data.corpus).map(DataSource.areTokenFiles) ?? false
        if data.tokenizer != "bytes", !readsTokens {
            obstacles.append(
                Diagnostic(
                    "recipe.not-trainable", "another tokeniser than bytes needs token files",
                    at: .init(key: "data.tokenizer"), expected: "bytes", found: data.tokenizer,
                    remedy: "make them with serre tokens build and name PREFIX.json with --corpus, "
                        + "or pass --set data.tokenizer=bytes"))
        }
        return obstacles
    }
}
