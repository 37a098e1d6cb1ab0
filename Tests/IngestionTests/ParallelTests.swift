import Diagnostics
import Foundation
import Synchronization
import Testing

@testable import Ingestion

@Suite struct ParallelTests {
    private let folder = TemporaryFolder()

    /// Reads all units at once, in no order, and puts their items in order afterwards.
    private func readAtOnce(_ source: Source, _ limits: IngestionLimits) throws -> [IngestedItem] {
        let reader = try SourceReader(source, limits: limits)
        let units = try reader.plan().units
        #expect(units.count > 3)
        let parts = Mutex([[IngestedItem]](repeating: [], count: units.count))
        DispatchQueue.concurrentPerform(iterations: units.count) { number in
            // From the last unit to the first.
            let unit = units.count - 1 - number
            var items = [IngestedItem]()
            let failure = diagnostic { () throws(Diagnostic) in
                try reader.read(units[unit]) { (item) throws(Diagnostic) in items.append(item) }
            }
            #expect(failure == nil)
            parts.withLock { $0[unit] = items }
        }
        return parts.withLock { $0.flatMap(\.self) }
    }

    @Test func `units may be read at once and in any order`() throws {
        let lines = (0..<3_000).map { $0 % 17 == 0 ? "{" : "{\"text\": \"mot \($0)\", \"lang\": \"fr\"}" }
        try folder.write("lines/a.jsonl", lines.joined(separator: "\n"))
        try folder.write("lines/b.jsonl", lines.reversed().joined(separator: "\n"))
        for number in 0..<60 { try folder.write("texts/fr/\(number).txt", number % 9 == 0 ? "" : "mot \(number)") }
        for number in 0..<60 { try folder.write("repo/\(number).py", "print(\(number))") }
        try folder.run("git", "init", "-q", "repo")
        try folder.run("git", "-C", "repo", "add", "-A")
        try folder.run("git", "-C", "repo", "commit", "-qm", "One")
        for name in ["a", "b", "c", "d"] { try folder.run("tar", "-cf", "archives-\(name).tar", "texts") }
        let archives = ["a", "b", "c", "d"].map { folder["archives-\($0).tar"] }
        let sources: [Source.Kind] = [
            .jsonLines(JSONLines(paths: [folder["lines"]])), .folder(TextFolder(path: folder["texts"])),
            .git(GitTree(path: folder["repo"])), .archives(ArchiveFiles(paths: archives)),
        ]
        for kind in sources {
            let source = Source(name: "source", kind: kind)
            let limits = IngestionLimits.with { ($0.unitBytes, $0.unitFiles) = (10_000, 7) }
            let whole = try readAll(source)
            #expect(whole.count > 50)
            #expect(try readAtOnce(source, limits) == whole)
        }
    }
}
