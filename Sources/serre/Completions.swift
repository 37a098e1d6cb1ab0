import ArgumentParser
import ClusterProfiles
import Foundation
import Ledger
import Recipes
import Scenarios

/// What a shell offers for an argument that has been begun.
extension CompletionKind {
    /// Shipped recipes, and files.
    static var recipe: CompletionKind { .custom { _, _, begun in Completions.offer(Recipe.shippedNames(), begun) } }

    /// Shipped cluster profiles, and files.
    static var clusterProfile: CompletionKind {
        .custom { _, _, begun in Completions.offer(ClusterProfile.list(), begun) }
    }

    /// Shipped scenarios, and files.
    static var scenario: CompletionKind { .custom { _, _, begun in Completions.offer(Scenario.list(), begun) } }

    /// The runs of the repository around the current folder, newest first, and latest.
    static var recordedRun: CompletionKind {
        .custom { _, _, begun in
            let ledger = (try? Ledger.open(enclosing: ".")) ?? nil
            let runs = (try? ledger?.runs()) ?? []
            return (["latest"] + runs.reversed().map(\.run.text)).filter { $0.hasPrefix(begun) }
        }
    }
}

enum Completions {
    /// The names, and the files beside what has been begun, that begin with it; folders end with a slash.
    static func offer(_ names: [String], _ begun: String) -> [String] {
        let parts = begun.split(separator: "/", omittingEmptySubsequences: false).dropLast()
        let folder = parts.isEmpty ? "" : parts.joined(separator: "/") + "/"
        let found = (try? FileManager.default.contentsOfDirectory(atPath: folder.isEmpty ? "." : folder)) ?? []
        let files = found.sorted().filter { !$0.hasPrefix(".") }.map { name in
            var isFolder: ObjCBool = false
            _ = FileManager.default.fileExists(atPath: folder + name, isDirectory: &isFolder)
            return folder + name + (isFolder.boolValue ? "/" : "")
        }
        return (names + files).filter { $0.hasPrefix(begun) }
    }
}
