import ClusterProfiles
import Foundation
import Recipes

@testable import Launching

/// Requests that do not depend on where the tests run.
enum LaunchFixture {
    static func request(_ name: String, nodes: Int) -> JobRequest {
        JobRequest(
            name: name, folder: "/data/abc/runs/\(name)", workFolder: "/data/abc", program: "/data/abc/bin/serre",
            start: [name, "--corpus", "/data/abc/tokens/roots.json"], nodes: nodes)
    }

    static func plan(
        _ recipe: String, on profile: String, nodes: Int, overrides: [String] = [],
        _ change: (inout JobRequest) -> Void = { _ in }
    ) throws -> JobPlan {
        var request = request(recipe, nodes: nodes)
        change(&request)
        return try JobPlan(
            Recipe.load(recipe), on: ClusterProfile.load(profile, overrides: overrides), request)
    }

    static var folder: URL {
        var url = URL(fileURLWithPath: #filePath)
        for _ in 0..<3 { url.deleteLastPathComponent() }
        return url.appendingPathComponent("fixtures/launch")
    }

    /// What a shell says to a script.
    static func bash(_ arguments: [String], input: String = "") throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/bash")
        process.arguments = arguments
        let (given, said) = (Pipe(), Pipe())
        (process.standardInput, process.standardOutput, process.standardError) = (given, said, said)
        try process.run()
        try given.fileHandleForWriting.write(contentsOf: Data(input.utf8))
        try given.fileHandleForWriting.close()
        let output = String(decoding: said.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }
}
