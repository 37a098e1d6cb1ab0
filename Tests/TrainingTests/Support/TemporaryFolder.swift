import Diagnostics
import Foundation
import Training

/// A folder for one test, removed when the test is done with it.
final class TemporaryFolder {
    let path: String

    init() throws {
        path = NSTemporaryDirectory() + "/training-tests-" + UUID().uuidString
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: path) }

    subscript(_ name: String) -> String { "\(path)/\(name)" }

    /// An empty run folder inside this one.
    func run(_ name: String = "run") throws -> RunFolder {
        let run = RunFolder(self[name])
        try run.create()
        return run
    }
}

/// The names in a folder, sorted; empty when there is no folder.
func names(in folder: String) -> [String] {
    ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
}

/// The diagnostic that `body` throws; `nil` if it throws none.
func diagnostic(_ body: () throws(Diagnostic) -> Void) -> Diagnostic? {
    do throws(Diagnostic) {
        try body()
        return nil
    } catch {
        return error
    }
}
