import Foundation

/// Where the built `serre` and the project's files are.
enum Executable {
    struct Missing: Error, CustomStringConvertible {
        var places: [String]
        var description: String {
            "the serre executable is not built: looked at \(places.joined(separator: ", ")); build it with `swift build -c "
                + "release -Xswiftc -enable-testing --product serre`, or name it in SERRE_BINARY"
        }
    }

    /// The binary to test: SERRE_BINARY, or the one beside the test bundle, or the tree's release build.
    static func serre() throws -> String {
        let environment = ProcessInfo.processInfo.environment
        if let named = environment["SERRE_BINARY"] {
            guard FileManager.default.isExecutableFile(atPath: named) else { throw Missing(places: [named]) }
            return named
        }
        let beside = URL(fileURLWithPath: CommandLine.arguments[0]).resolvingSymlinksInPath()
            .deletingLastPathComponent()
        let places = [beside.appendingPathComponent("serre").path, sourceRoot + "/.build/release/serre"]
        guard let found = places.first(where: FileManager.default.isExecutableFile) else {
            throw Missing(places: places)
        }
        return found
    }

    /// The root of the source tree.
    static let sourceRoot: String = {
        if let share = ProcessInfo.processInfo.environment["SERRE_SHARE"] { return share }
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<4 { url.deleteLastPathComponent() }
        return url.path
    }()

    /// The environment of every process that a test starts: nothing of the user's but the search path.
    static func environment(home: String, _ extra: [String: String]) -> [String: String] {
        let inherited = ProcessInfo.processInfo.environment
        var environment = [
            "PATH": inherited["PATH"] ?? "/usr/local/bin:/usr/bin:/bin", "HOME": home, "LC_ALL": "C.UTF-8",
            "GIT_CONFIG_NOSYSTEM": "1",
            // mpirun refuses root and more processes than cores unless told that both are meant.
            "OMPI_ALLOW_RUN_AS_ROOT": "1", "OMPI_ALLOW_RUN_AS_ROOT_CONFIRM": "1",
            "OMPI_MCA_rmaps_base_oversubscribe": "1", "OMPI_MCA_mpi_yield_when_idle": "1",
        ]
        for name in ["SERRE_SHARE", "LD_LIBRARY_PATH"] where inherited[name] != nil {
            environment[name] = inherited[name]
        }
        return environment.merging(extra) { _, new in new }
    }
}
