import ArgumentParser
import ClusterProfiles
import Diagnostics

/// The cluster profile and the options that change it, wherever a profile is read.
struct ProfileSettings: ParsableArguments {
    @Option(
        name: .customLong("set-profile"),
        help: ArgumentHelp("Set any key of the cluster profile.", valueName: "path.to.key=value"))
    var settings: [String] = []

    func load(_ nameOrPath: String) throws(Diagnostic) -> ClusterProfile {
        try ClusterProfile.load(nameOrPath, overrides: settings)
    }
}
