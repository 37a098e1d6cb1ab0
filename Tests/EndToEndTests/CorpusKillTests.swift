import Foundation
import Testing

extension EndToEnd {
    /// kill -9 while one large compressed file is cleaned, which is one unit of work.
    @Suite struct CorpusKills {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        /// Forty megabytes of text, which are four or five checkpoints.
        private func writeSource(compressedBy compress: String) throws {
            var state: UInt64 = 20_261_130
            var bytes = Data()
            for number in 0..<36_000 {
                bytes += Data((number % 50 == 7 ? "no JSON\n" : "{\"text\": \"").utf8)
                if number % 50 == 7 { continue }
                for _ in 0..<100 {
                    state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                    bytes += Data("w\(state >> 32) ".utf8)
                }
                bytes += Data("\"}\n".utf8)
            }
            try folder.write(bytes, to: "t.jsonl")
            let made = try folder.shell("\(compress) t.jsonl && mv t.jsonl.* t.jsonl.compressed && ls t.jsonl.*")
            try #require(made.status == 0 && !folder.exists("t.jsonl"), "\(made)")
        }

        static let forms = [("gz", "gzip -1"), ("zst", "zstd -q -1 --rm")]

        @Test(arguments: forms.indices) func whatIsCleanedOfALargeFileIsNotCleanedAgain(form: Int) throws {
            let (ending, compress) = Self.forms[form]
            try writeSource(compressedBy: compress)
            try FileManager.default.moveItem(atPath: folder("t.jsonl.compressed"), toPath: folder("t.jsonl.\(ending)"))
            try folder.write(
                """
                name: large
                sources:
                  - {name: t, kind: jsonl, path: t.jsonl.\(ending), language: en}
                stages: [unicode, whitespace, word-count]
                deduplication: {template_lines: false}
                """, to: "large.yaml")
            let straight = try folder.serre(line: "corpus build large.yaml -o straight --workers 2")
            try #require(straight.status == 0, "\(straight)")
            let expected = try folder.contents(of: "straight")
            for workers in [1, 2] {
                let context: Comment = "\(ending), \(workers) workers"
                let checkpoint = folder("made.partial/units/000000.checkpoint")
                var kills = 0
                while !folder.exists("made/manifest.json") {
                    // Each start is killed at its first checkpoint: one that began anew would never come further.
                    try #require(kills < 20, context)
                    let before = Self.identity(checkpoint)
                    let running = try folder.start("corpus build large.yaml -o made --workers \(workers)")
                    while running.isRunning, Self.identity(checkpoint) == before { usleep(500) }
                    usleep(UInt32(kills * 7_000 % 30_000))
                    running.send(SIGKILL)
                    if running.finish().status != 0 { kills += 1 }
                    if folder.exists("made") { #expect(folder.exists("made/manifest.json"), context) }
                }
                #expect(kills >= 2, context)
                #expect(try folder.contents(of: "made") == expected, context)
                #expect(!folder.exists("made.partial"), context)
                try folder.remove("made")
            }
        }

        @Test func aFileThatChangesBetweenKillAndResumeIsReadAnew() throws {
            try writeSource(compressedBy: "gzip -1")
            try FileManager.default.moveItem(atPath: folder("t.jsonl.compressed"), toPath: folder("t.jsonl.gz"))
            try folder.write(
                "name: large\nsources:\n  - {name: t, kind: jsonl, path: t.jsonl.gz, language: en}\n"
                    + "stages: [unicode, whitespace, word-count]\n", to: "large.yaml")
            let running = try folder.start("corpus build large.yaml -o made --workers 2")
            try running.wait(until: "a checkpoint") { folder.exists("made.partial/units/000000.checkpoint") }
            running.send(SIGKILL)
            try #require(running.finish().status != 0)
            let change = "zcat t.jsonl.gz | sed '1s/w[0-9]*/changed/' | gzip -1 > t && mv t t.jsonl.gz"
            let changed = try folder.shell(change)
            try #require(changed.status == 0, "\(changed)")
            for output in ["made", "straight"] {
                let built = try folder.serre(line: "corpus build large.yaml -o \(output)")
                #expect(built.status == 0, "\(built)")
            }
            #expect(try folder.contents(of: "made") == folder.contents(of: "straight"))
            #expect(try folder.text("made/texts-en-00000.jsonl").contains("changed"))
        }

        /// What tells one writing of a file from another: it takes its name anew each time.
        private static func identity(_ path: String) -> [Int] {
            var status = stat()
            guard stat(path, &status) == 0 else { return [] }
            return [Int(status.st_ino), status.st_mtim.tv_sec, status.st_mtim.tv_nsec]
        }
    }
}
