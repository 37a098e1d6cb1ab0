import Diagnostics
import TypedYAML

extension ClusterProfile {
    /// Reads a profile by path or by the name of a shipped one.
    ///
    /// `overrides` are `path.to.key=value` strings, as `--set-profile` gives them.
    public static func load(_ nameOrPath: String, overrides: [String] = []) throws(Diagnostic) -> ClusterProfile {
        let path = try SharedFiles().resolve(nameOrPath, in: .clusterProfiles, subject: "profile")
        var document = try YAMLDocument(contentsOf: path, subject: "profile")
        for override in overrides { try document.set(override, flag: "--set-profile") }
        return try ClusterProfile(reading: document)
    }

    /// Reads a profile from YAML text, such as ``yaml`` wrote; `file` is what messages show as its place.
    public static func parse(_ text: String, file: String? = nil) throws(Diagnostic) -> ClusterProfile {
        try ClusterProfile(reading: YAMLDocument(parsing: text, subject: "profile", file: file))
    }

    /// The names of the shipped profiles, sorted.
    public static func list() -> [String] { SharedFiles().names(in: .clusterProfiles) }
}
