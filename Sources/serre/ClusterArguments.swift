import ArgumentParser
import ClusterProfiles
import Diagnostics

/// The cluster profile and the options that change it, wherever a profile is read.
struct ProfileSettings: ParsableArguments {
    @Option(
        name: .customLong("set-profile"),
        help: ArgumentHelp("Set any key of the cluster profile.", valueName: "path.to.key=value"))
    var settings: [String] = []

    /// `defaults` are settings that hold where the command line says nothing else.
    func load(_ nameOrPath: String, defaults: [String] = []) throws(Diagnostic) -> ClusterProfile {
        try ClusterProfile.load(nameOrPath, overrides: defaults + settings)
    }
}
