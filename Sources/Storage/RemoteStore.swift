import Diagnostics
import Foundation
import Integrity

/// A store on another machine, reached by the program rsync, over ssh or its own protocol.
///
/// rsync compares, resumes and renames: a file takes its name when all of it has arrived.
public struct RemoteStore: Sendable, Equatable {
    /// The place as rsync takes it.
    public let place: String
    /// The remote shell with its options; `nil` for rsync's own choice.
    let shell: String?

    private static let common = [
        // Paths are not for the remote shell to interpret.
        "--protect-args", "--recursive", "--copy-links", "--partial-dir=.rsync-partial", "--info=progress2",
        "--out-format=sent %l %n",
    ]

    func push(
        _ files: [StoredFile], progress: @escaping (TransferProgress) -> Void
    ) throws(Diagnostic) -> TransferSummary {
        let rsync = try SystemProgram("rsync", package: "rsync")
        let staging = NSTemporaryDirectory() + "/serre-push-\(UUID().uuidString)"
        defer { try? FileManager.default.removeItem(atPath: staging) }
        let here = ObjectStore(staging)
        var unique: [StoredFile] = []
        var whole = 0
        for file in files {
            // Hashed before it leaves: a damaged file must not take the place of a whole one.
            let found = try FileDigests(of: file.path)
            guard found.digest == file.digest else { throw ObjectStore.altered(file, found: found.digest) }
            let link = here.path(of: file.digest)
            guard fileStatus(link) == nil else { continue }
            try makeFolder(of: link)
            try self.link(URL(fileURLWithPath: file.path).standardizedFileURL.path, as: link)
            try here.write(ChunkList(found.chunks), of: file.digest)
            unique.append(file)
            whole += found.chunks.bytes
        }
        let options = ["--ignore-existing", "--mkpath", "--chmod=D755,F444"]
        let sent = try run(
            rsync, options, from: staging, to: place, files: unique.count, bytes: whole, progress)
        return TransferSummary(
            copied: sent.objects, copiedBytes: sent.bytes, present: files.count - sent.objects)
    }

    private func link(_ path: String, as link: String) throws(Diagnostic) {
        guard symlink(path, link) == 0 else {
            throw Diagnostic(
                "store.link", "cannot prepare the transfer: \(String(cString: strerror(errno)))", at: .init(file: link),
                kind: .failure)
        }
    }

    func pull(
        _ files: [StoredFile], staging: String, progress: @escaping (TransferProgress) -> Void
    ) throws(Diagnostic) -> TransferSummary {
        let rsync = try SystemProgram("rsync", package: "rsync")
        var missing: [StoredFile] = []
        for file in files {
            if let there = try? FileDigests(of: file.path), there.digest == file.digest { continue }
            missing.append(file)
        }
        guard !missing.isEmpty else { return TransferSummary(present: files.count) }
        let list = staging + "/wanted"
        try makeFolder(of: list)
        try AtomicFile.write(missing.map { "/\(ObjectStore.objectName($0.digest))\n" }.joined(), to: list)
        let whole = missing.reduce(0) { $0 + ($1.bytes ?? 0) }
        // Not --files-from: rsync 3.5's server finds no file of such a list below a folder of its module.
        let folders = ["/objects/", "/objects/*/", "/objects/*/*/"].map { "--include=\($0)" }
        _ = try run(
            rsync, folders + ["--include-from=\(list)", "--exclude=*", "--prune-empty-dirs"], from: place, to: staging,
            files: missing.count, bytes: whole, progress)
        let arrived = ObjectStore(staging)
        var summary = TransferSummary(present: files.count - missing.count)
        for file in missing {
            guard let bytes = arrived.bytes(of: file.digest) else { throw ObjectStore(place).missing(file) }
            do throws(Diagnostic) {
                if try arrived.copy(file) {
                    summary.copied += 1
                    summary.copiedBytes += bytes
                }
            } catch {
                // What is damaged there must not be taken for a part of the next try.
                if error.code == "store.damaged" { unlink(arrived.path(of: file.digest)) }
                throw error
            }
        }
        try? FileManager.default.removeItem(atPath: staging)
        return summary
    }

    /// Runs rsync; what it sent, and a diagnostic from what it said when it failed.
    private func run(
        _ rsync: SystemProgram, _ options: [String], from source: String, to target: String, files: Int, bytes: Int,
        _ progress: @escaping (TransferProgress) -> Void
    ) throws(Diagnostic) -> (objects: Int, bytes: Int) {
        var state = TransferProgress(files: 0, filesWhole: files, bytes: 0, bytesWhole: bytes)
        var (objects, sent) = (0, 0)
        var unread = ""
        let outcome = try rsync.run(
            Self.common + (shell.map { ["--rsh=\($0)"] } ?? []) + options + ["--", source + "/", target + "/"],
            environment: ["LC_ALL": "C"]
        ) { piece in
            unread += piece
            // Progress lines end in a carriage return, the others in a line feed.
            while let end = unread.firstIndex(where: { $0.isNewline }) {
                let words = unread[..<end].split(separator: " ")
                unread.removeSubrange(...end)
                if words.count == 3, words[0] == "sent" {
                    guard words[2].hasPrefix("objects/"), words[2].last != "/" else { continue }
                    objects += 1
                    sent += Int(words[1]) ?? 0
                    state.files = objects
                } else if words.count > 1, words[1].hasSuffix("%") {
                    state.bytes = Int(words[0].filter { $0 != "," }) ?? state.bytes
                    progress(state)
                }
            }
        }
        guard outcome.status == 0 else { throw failure(outcome) }
        return (objects, sent)
    }

    private func failure(_ outcome: SystemProgram.Outcome) -> Diagnostic {
        Diagnostic(
            "store.rsync", "rsync did not finish: \(outcome.complaint)",
            at: .init(file: place),
            remedy:
                "check that the place is right and writable, then give the same command again: it goes on where it was",
            kind: .failure)
    }
}
