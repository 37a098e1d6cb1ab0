import Diagnostics
import TypedYAML

extension Recipe {
    /// Reads a recipe by path or by the name of a shipped one, and validates it.
    ///
    /// `overrides` are `path.to.key=value` strings, as `--set` gives them; `options` are the command line's own
    /// options, applied after them. Both act before defaults are filled in, so a default that depends on a changed
    /// value follows it. Errors in them name the option as their place.
    public static func load(
        _ nameOrPath: String, overrides: [String] = [], options: RecipeOverrides = RecipeOverrides()
    ) throws(Diagnostic) -> Recipe {
        var document = try YAMLDocument(contentsOf: locate(nameOrPath), subject: "recipe")
        for override in overrides { try document.set(override) }
        for setting in options.settings {
            try document.set(setting.path, to: setting.value, shownAs: setting.option)
        }
        return try Recipe(reading: document)
    }

    /// Reads a recipe from YAML text, such as ``yaml`` wrote; `file` is what messages show as its place.
    public static func parse(_ text: String, file: String? = nil) throws(Diagnostic) -> Recipe {
        try Recipe(reading: YAMLDocument(parsing: text, subject: "recipe", file: file))
    }

    /// The file that `load` would read.
    public static func locate(_ nameOrPath: String) throws(Diagnostic) -> String {
        try SharedFiles().resolve(nameOrPath, in: .recipes, subject: "recipe")
    }

    /// The names of the shipped recipes, sorted.
    public static func shippedNames() -> [String] { SharedFiles().names(in: .recipes) }
}
