import Diagnostics
import Foundation
import Ingestion
import Synchronization
import Testing

@testable import Corpora

/// One compressed file, which is one unit however large it is.
@Suite struct LargeUnitTests {
    private let folder = TemporaryFolder()

    /// Five megabytes, which are several batches, and two megabytes compressed.
    private func writeLines() throws {
        var state: UInt64 = 7
        let lines = (0..<5000).map { number -> String in
            if number % 100 == 3 { return "{\"text\": \"short\"}" }
            if number % 100 == 5 { return "no JSON" }
            let words = (0..<100).map { _ -> String in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return "w" + String(state >> 32)
            }
            return "{\"text\": \"\(words.joined(separator: " "))\"}"
        }
        try folder.write("t.jsonl", lines.joined(separator: "\n"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", folder["t.jsonl"]]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
    }

    private func build(
        _ output: String, workers: Int, progress: (@Sendable (BuildProgress) -> Void)? = nil
    ) throws(Diagnostic) -> TextCorpusManifest {
        let specification = CorpusSpecification(
            name: "test",
            sources: [Source(name: "t", kind: .jsonLines(JSONLines(paths: ["t.jsonl.gz"])), language: "en")],
            stages: [
                StageSetting("whitespace"), StageSetting("word-count", parameters: [.init("minimum", .integer(3))]),
            ])
        let options = CorpusBuild.Options(workers: workers, root: folder.path, progress: progress)
        return try CorpusBuild(specification, output: folder[output], options: options).run()
    }

    @Test(arguments: [2, 5]) func `whoever cleans its documents, the bytes are the same`(workers: Int) throws {
        try writeLines()
        let manifest = try build("alone", workers: 1)
        #expect(manifest.totals.documents == 4950 && manifest.totals.kept == 4900 && manifest.totals.skipped == 50)
        _ = try build("shared", workers: workers)
        let names = try folder.names("alone")
        #expect(try folder.names("shared") == names)
        for name in names { #expect(try folder.read("alone/\(name)") == folder.read("shared/\(name)"), "\(name)") }
    }

    @Test func `progress is told while it is read`() throws {
        try writeLines()
        let size = try folder.read("t.jsonl.gz").count
        let told = Mutex([BuildProgress]())
        _ = try build("out", workers: 1) { progress in told.withLock { $0.append(progress) } }
        let cleaning = told.withLock { $0 }.filter { $0.pass == .clean }
        let done = cleaning.map(\.bytesDone)
        #expect(cleaning.allSatisfy { $0.bytesTotal == size && $0.bytesTakenOver == 0 })
        #expect(done == done.sorted() && done.last == size)
        #expect(Set(done.filter { $0 > 0 && $0 < size }).count >= 3, "\(done)")
        #expect(cleaning.last?.documents == 4950)
    }

    @Test func `helpers are lent once and come back`() {
        let spare = SpareWorkers(2)
        spare.add(1)
        #expect(spare.takeAll() == 3)
        #expect(spare.takeAll() == 0)
        spare.add(3)
        #expect(spare.takeAll() == 3)
    }
}
