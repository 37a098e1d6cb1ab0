import Diagnostics
import Foundation
import Integrity
import Recipes

/// The folder of one run: its recipe, metrics, checkpoints, a lock and the `stop` file.
///
/// `recipe.yaml` · `metrics.jsonl` · `checkpoints/step-00000100/` · `lock` · `stop` (made by the user) · `extended-samples` (of a
/// run that was made longer).
public struct RunFolder: Sendable, Equatable {
    /// Path of the folder; its last component is the run's name.
    public let path: String
    /// The file system that has it.
    public let files: any FileSystem

    public init(_ path: String, on files: any FileSystem = SystemFiles()) {
        self.path = path
        self.files = files
    }

    public static func == (a: RunFolder, b: RunFolder) -> Bool { a.path == b.path }

    public var name: String { URL(fileURLWithPath: path).lastPathComponent }
    public var recipe: String { path + "/recipe.yaml" }
    public var metrics: String { path + "/metrics.jsonl" }
    public var checkpoints: String { path + "/checkpoints" }
    public var lock: String { path + "/lock" }
    public var stopFile: String { path + "/stop" }

    /// Makes the folder and those inside it.
    public func create() throws(Diagnostic) {
        do throws(Diagnostic) {
            try files.makeFolder(checkpoints)
        } catch {
            throw Diagnostic(
                "run.folder", "cannot make the run's folder: \(error.message)", at: .init(file: path),
                remedy: "name another folder with --output")
        }
        hideFromGit()
    }

    /// Runs are recorded in git by the ledger; as files they would only clutter the user's status. No error if it fails.
    private func hideFromGit() {
        try? AtomicFile.write("*\n", to: path + "/.gitignore", on: files)
    }

    /// Steps that have a complete checkpoint, ascending.
    public func checkpointSteps() -> [Int] {
        files.names(in: checkpoints).compactMap { name in
            guard name.hasPrefix("step-"), let step = Int(name.dropFirst(5)) else { return nil }
            return files.exists("\(checkpoints)/\(name)/index.json") ? step : nil
        }.sorted()
    }

    /// The folder of the checkpoint at `step`.
    public func checkpoint(_ step: Int) -> String {
        let digits = String(step)
        return checkpoints + "/step-" + String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }

    /// Removes a checkpoint so that at no moment a part of it can be taken for the whole.
    func removeCheckpoint(_ step: Int) {
        let aside = "\(checkpoint(step)).removed.partial"
        files.remove(aside)
        guard files.exists(checkpoint(step)), (try? files.rename(checkpoint(step), to: aside)) != nil else { return }
        files.remove(aside)
    }

    /// Removes what killed processes have left of checkpoints; only the holder of the run's lock may call it.
    public func removePartialCheckpoints() {
        for name in files.names(in: checkpoints) where name.hasSuffix(".partial") {
            files.remove(checkpoints + "/" + name)
        }
    }

    /// The newest checkpoint that is whole, and why newer ones were passed over, newest first.
    ///
    /// Every file is read and compared with its digest, by one of the `readers`, which all call this. Throws what is no
    /// damage, and no older checkpoint would mend: a file that cannot be opened, or the format of another version.
    public func newestCheckpoint(
        by readers: CheckpointReaders = .alone
    ) throws(Diagnostic) -> (checkpoint: Checkpoint?, refused: [RefusedCheckpoint]) {
        var refused: [RefusedCheckpoint] = []
        for step in try readers.agreed(checkpointSteps()).reversed() {
            do throws(Diagnostic) {
                return (try readers.open(self.checkpoint(step), on: files), refused)
            } catch {
                guard RefusedCheckpoint.isDamage(error) else { throw error }
                refused.append(RefusedCheckpoint(step: step, reason: error))
            }
        }
        return (nil, refused)
    }

    /// The run folders under `parent` that hold a checkpoint, in the order of their names: the latest comes last.
    public static func runs(under parent: String) -> [RunFolder] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []).sorted()
        return names.map { RunFolder(parent + "/" + $0) }.filter { !$0.checkpointSteps().isEmpty }
    }
}

/// A checkpoint that is damaged, and how.
public struct RefusedCheckpoint: Sendable {
    public var step: Int
    public var reason: Diagnostic

    /// The reason, with the file where there is one.
    public var text: String { reason.message + (reason.location?.file.map { ": \($0)" } ?? "") }

    /// Whether something is wrong with the files themselves.
    static func isDamage(_ problem: Diagnostic) -> Bool {
        let codes = ["checkpoint.missing", "checkpoint.index", "checkpoint.truncated", "checkpoint.altered"]
        return codes.contains(problem.code)
            || problem.code.hasPrefix("safetensors.") && problem.code != "safetensors.open"
    }
}

/// Holds a run's folder for one writer; the lock ends with this value or with the process.
public final class RunLock {
    private let handle: Int32

    /// Throws when another process writes the same run.
    public init(_ folder: RunFolder) throws(Diagnostic) {
        handle = open(folder.lock, O_RDWR | O_CREAT | O_CLOEXEC, 0o644)
        guard handle >= 0 else {
            throw Diagnostic(
                "run.lock", "cannot open the run's lock: \(String(cString: strerror(errno)))",
                at: .init(file: folder.lock), kind: .failure)
        }
        guard flock(handle, LOCK_EX | LOCK_NB) == 0 else {
            close(handle)
            throw Diagnostic(
                "run.locked", "another process is writing this run", at: .init(file: folder.path),
                remedy: "wait for it, stop it, or start a new run")
        }
    }

    deinit { close(handle) }
}
