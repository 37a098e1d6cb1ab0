import Deduplication
import Diagnostics
import Foundation
import Ingestion
import Synchronization
import Testing

@testable import Corpora

/// A build that stops anywhere ends, once started again, with the bytes of one that did not stop.
@Suite struct ResumeTests {
    private let folder = TemporaryFolder()

    private var specification: CorpusSpecification {
        get throws {
            var specification = CorpusSpecification(
                name: "test", sources: [Source(name: "texts", kind: .folder(TextFolder(path: "texts")))],
                stages: [StageSetting("whitespace")])
            specification.deduplication.near = .minhash(try MinHashParameters())
            specification.deduplication.substrings = .init()
            specification.redaction = ["EMAIL"]
            return specification
        }
    }

    private func options() -> CorpusBuild.Options {
        var options = CorpusBuild.Options(workers: 2, root: folder.path)
        options.unitFiles = 3
        return options
    }

    private func writeTexts() throws {
        for number in 0..<20 {
            let tail = String(repeating: "and so on, page \(number % 7), ", count: 9)
            try folder.write("texts/en/\(number).txt", "A line on each and every page\nStory \(number), \(tail)")
        }
    }

    private func contents(_ output: String) throws -> [String: [UInt8]] {
        var contents = [String: [UInt8]]()
        for name in try folder.names(output) { contents[name] = try folder.read("\(output)/\(name)") }
        return contents
    }

    /// The work files of a build that was stopped just before its end.
    private func stopBeforeTheEnd() throws {
        // The output's place is taken by something that may not be replaced once all work is done.
        let place = folder["out"]
        var options = options()
        options.progress = { progress in
            guard progress.pass == .write else { return }
            try? FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
            try? Data("x".utf8).write(to: URL(fileURLWithPath: place + "/foreign"))
        }
        let build = CorpusBuild(try specification, output: place, options: options)
        #expect(diagnostic { () throws(Diagnostic) in try build.run() }?.code == "folder.exists")
        try FileManager.default.removeItem(atPath: place)
    }

    @Test func `any part of the work files will do`() throws {
        try writeTexts()
        try CorpusBuild(try specification, output: folder["straight"], options: options()).run()
        let straight = try contents("straight")
        try stopBeforeTheEnd()
        let work = folder["out.partial"]
        let units = try FileManager.default.contentsOfDirectory(atPath: work + "/units").sorted()
        #expect(units.count > 20, "the test needs work files")
        // As if the build had stopped before each of these was written, or a disk had lost or damaged it.
        for lost in units.map({ "units/\($0)" }) + ["template-lines", "repeats"] {
            for isDamaged in [false, true] {
                try? FileManager.default.removeItem(atPath: folder["out"])
                try? FileManager.default.removeItem(atPath: folder["try.partial"])
                try FileManager.default.copyItem(atPath: work, toPath: folder["try.partial"])
                let path = folder["try.partial"] + "/" + lost
                if isDamaged {
                    var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
                    if bytes.isEmpty { continue }
                    bytes.removeLast(bytes.count / 2 + 1)
                    try bytes.write(to: URL(fileURLWithPath: path))
                } else {
                    try FileManager.default.removeItem(atPath: path)
                }
                try CorpusBuild(try specification, output: folder["try"], options: options()).run()
                #expect(try contents("try") == straight, "without \(lost)")
                try FileManager.default.removeItem(atPath: folder["try"])
            }
        }
    }

    @Test func `finished units are taken over, and changed files and specifications are not`() throws {
        try writeTexts()
        try stopBeforeTheEnd()
        func takenOver(_ specification: CorpusSpecification) throws -> (bytes: Int, total: Int, notes: [String]) {
            let seen = Mutex((bytes: 0, total: 0))
            let notes = Mutex([String]())
            var options = options()
            options.progress = { progress in
                guard progress.pass == .clean else { return }
                seen.withLock { $0 = (max($0.bytes, progress.bytesTakenOver), progress.bytesTotal) }
            }
            options.note = { line in notes.withLock { $0.append(line) } }
            let copy = folder["copy.partial"]
            try? FileManager.default.removeItem(atPath: copy)
            try FileManager.default.copyItem(atPath: folder["out.partial"], toPath: copy)
            try CorpusBuild(specification, output: folder["copy"], options: options).run()
            try FileManager.default.removeItem(atPath: folder["copy"])
            return seen.withLock { seen in (seen.bytes, seen.total, notes.withLock { $0 }) }
        }
        let all = try takenOver(try specification)
        #expect(all.bytes == all.total && all.total > 0)
        #expect(all.notes.contains { $0.hasPrefix("going on") })
        var other = try specification
        other.validationShare = 0.5
        let none = try takenOver(other)
        #expect(none.bytes == 0 && none.notes.contains { $0.contains("starting anew") })
        // One file changes: what was finished was made from all documents together, and is done again.
        try folder.write("texts/en/7.txt", "Something else altogether on this page.")
        let some = try takenOver(try specification)
        #expect(some.bytes < some.total)
        #expect(some.notes.contains { $0.hasPrefix("going on") })
    }

    @Test func `a changed file costs its own unit only, as long as texts are only cleaned`() throws {
        try writeTexts()
        func clean() throws -> Int {
            let seen = Mutex(0)
            var options = options()
            options.progress = { progress in seen.withLock { $0 = max($0, progress.bytesTakenOver) } }
            let limits = options.limits(of: try specification)
            let plan = try BuildPlan(try specification, root: folder.path, limits: limits)
            let (work, _) = try WorkFolder.open(besideOutput: folder["out"], specification: try specification.digest)
            let run = try BuildRun(
                specification: try specification, plan: plan, work: work, models: StageModels(), options: options)
            #expect(try run.cleanAll().reduce(0, +) == 20)
            return seen.withLock { $0 }
        }
        #expect(try clean() == 0)
        let all = try clean()
        try folder.write("texts/en/7.txt", "Something else altogether on this page.")
        let some = try clean()
        #expect(some > all / 2 && some < all)
        try CorpusBuild(try specification, output: folder["straight"], options: options()).run()
        try CorpusBuild(try specification, output: folder["out"], options: options()).run()
        #expect(try contents("out") == contents("straight"))
    }

    @Test func `a corpus in its source's folder is no part of the source`() throws {
        try folder.write("pages/p.jsonl", (0..<9).map { "{\"text\": \"page \($0)\", \"lang\": \"en\"}\n" }.joined())
        let specification = CorpusSpecification(
            name: "test", sources: [Source(name: "p", kind: .jsonLines(JSONLines(paths: ["pages"])))],
            stages: [StageSetting("whitespace")])
        var options = options()
        try CorpusBuild(specification, output: folder["pages/made"], options: options).run()
        let first = try contents("pages/made")
        // Again in its place, and with what an unfinished run has left beside it.
        options.replace = true
        try folder.write("pages/made.partial/output/texts-en-00000.jsonl", "{\"text\": \"unfinished\"}\n")
        try CorpusBuild(specification, output: folder["pages/made"], options: options).run()
        #expect(try contents("pages/made") == first)
        options.passedOver = [folder["pages/made"]]
        try CorpusBuild(specification, output: folder["pages/other"], options: options).run()
        #expect(try contents("pages/other") == first)
    }

    @Test func `a build that only had to clean up is finished`() throws {
        try writeTexts()
        let manifest = try CorpusBuild(try specification, output: folder["out"], options: options()).run()
        // As after a kill between the output's renaming and the removal of the work folder.
        try folder.write("out.partial/placing", "")
        let again = try CorpusBuild(try specification, output: folder["out"], options: options()).run()
        #expect(again == manifest)
        #expect(try folder.names() == ["out", "texts"])
    }
}
