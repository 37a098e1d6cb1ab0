import CGit2
import CGit2Shim
import Foundation
import Testing

@testable import Ledger

/// A folder for one test with git repositories in it; removed when the test lets go of it.
final class GitFixture: Sendable {
    /// The folder, without a final `/`.
    let root: String

    /// No configuration of the user who runs the tests reaches git or libgit2: their home is a folder that is not there.
    private static let home: String = {
        let folder = "/nonexistent/home-of-the-ledger-tests"
        setenv("HOME", folder, 1)
        setenv("XDG_CONFIG_HOME", folder, 1)
        // Another module's tests may have started libgit2 before, which then knows the user's own home.
        git_libgit2_init()
        precondition(serre_git2_look_for_configuration_again() == 0)
        return folder
    }()

    init() throws {
        _ = Self.home
        // Every write is flushed, which costs nothing in memory and much on a busy disk.
        let memory = "/dev/shm"
        let place = access(memory, W_OK | X_OK) == 0 ? memory : NSTemporaryDirectory()
        root = resolvedPath(place) + "/serre-ledger-\(UUID().uuidString.prefix(12))"
        try FileManager.default.createDirectory(atPath: root, withIntermediateDirectories: true)
    }

    deinit { try? FileManager.default.removeItem(atPath: root) }

    /// Runs git in a folder below ``root`` and gives its output without the final line break; fails the test if its
    /// exit status is not the expected one.
    @discardableResult
    func git(_ arguments: String..., at folder: String = "repo", index: String? = nil, status: Int32 = 0) throws
        -> String
    {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git"] + arguments
        process.currentDirectoryURL = URL(fileURLWithPath: "\(root)/\(folder)")
        var environment = ProcessInfo.processInfo.environment.filter { !$0.key.hasPrefix("GIT_") }
        environment["HOME"] = Self.home
        environment["XDG_CONFIG_HOME"] = Self.home
        for role in ["AUTHOR", "COMMITTER"] {
            environment["GIT_\(role)_NAME"] = "Someone"
            environment["GIT_\(role)_EMAIL"] = "someone@example.org"
            environment["GIT_\(role)_DATE"] = "2026-01-01T00:00:00Z"
        }
        environment["GIT_INDEX_FILE"] = index
        process.environment = environment
        let (output, errors) = (Pipe(), Pipe())
        process.standardOutput = output
        process.standardError = errors
        try process.run()
        let text = String(decoding: output.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        let complaint = String(decoding: errors.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        try #require(process.terminationStatus == status, "git \(arguments) said: \(complaint)")
        return text.hasSuffix("\n") ? String(text.dropLast()) : text
    }

    /// Writes a file below ``root``, with the folders it needs.
    func write(_ text: String, to path: String, executable: Bool = false) throws {
        let whole = "\(root)/\(path)"
        let folder = URL(fileURLWithPath: whole).deletingLastPathComponent().path
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        try Data(text.utf8).write(to: URL(fileURLWithPath: whole))
        if executable { chmod(whole, 0o755) }
    }

    func remove(_ path: String) throws {
        try FileManager.default.removeItem(atPath: "\(root)/\(path)")
    }

    /// A repository `repo` with one commit of a few files of every kind.
    func makeRepository(named name: String = "repo") throws {
        try git("init", "-q", "-b", "main", name, at: "")
        for (path, text) in [
            ("a.txt", "one\n"), ("b.txt", "two\n"), ("src/main.py", "print(1)\n"), ("src/deep/er/x.py", "x\n"),
            ("gone.txt", "gone\n"), ("kind.txt", "file, then link\n"), ("mode.txt", "m\n"),
            (".gitignore", "*.log\nout/\n"),
        ] { try write(text, to: "\(name)/\(path)") }
        try write("#!/bin/sh\n", to: "\(name)/run.sh", executable: true)
        symlink("a.txt", "\(root)/\(name)/link")
        try git("add", "-A", at: name)
        try git("commit", "-q", "-m", "first", at: name)
    }

    /// Opens the ledger of a folder below ``root``.
    func ledger(_ folder: String = "repo") throws -> Ledger {
        try #require(try Ledger.open(enclosing: "\(root)/\(folder)"))
    }

    /// Every file below a folder with its mode, modification time and content, except what the ledger may write.
    func listing(_ folder: String = "repo") throws -> [String] {
        let base = "\(root)/\(folder)"
        var lines = [String]()
        for path in try FileManager.default.subpathsOfDirectory(atPath: base).sorted() {
            if path.hasPrefix(".git/objects/") || path == ".git/refs/serre" || path.hasPrefix(".git/refs/serre/") {
                continue
            }
            var entry = stat()
            lstat("\(base)/\(path)", &entry)
            // The `refs` folder itself gets an entry; files must keep their times.
            let isFolder = entry.st_mode & S_IFMT == S_IFDIR
            let time = isFolder ? "" : "\(entry.st_mtim.tv_sec).\(entry.st_mtim.tv_nsec)"
            let isLink = entry.st_mode & S_IFMT == S_IFLNK
            let content =
                isFolder
                ? ""
                : isLink
                    ? try FileManager.default.destinationOfSymbolicLink(atPath: "\(base)/\(path)")
                    : try Data(contentsOf: URL(fileURLWithPath: "\(base)/\(path)")).base64EncodedString()
            lines.append("\(path) \(entry.st_mode) \(time) \(content)")
        }
        return lines
    }
}

/// A fixed start time: 2026-11-23 21:45:01 UTC.
let start = Date(timeIntervalSince1970: 1_795_470_301)

/// A manifest for a run of the nano recipe.
func nanoManifest(suffix: UInt16 = 0x3f9a) -> RecordManifest {
    RecordManifest(
        run: RunID(recipe: "nano", startedAt: start, suffix: suffix), recipe: "nano", serre: .init(version: "0.1.0"))
}
