import Diagnostics
import Foundation
import Ingestion
import Synchronization
import Testing

@testable import Corpora

/// A stop within one large file costs what was cleaned since the last checkpoint, and not a byte of the corpus.
@Suite struct UnitCheckpointTests {
    private let folder = TemporaryFolder()
    private static let documents = 4950

    private var specification: CorpusSpecification {
        CorpusSpecification(
            name: "test",
            sources: [Source(name: "t", kind: .jsonLines(JSONLines(paths: ["t.jsonl.gz"])), language: "en")],
            stages: [
                StageSetting("whitespace"), StageSetting("word-count", parameters: [.init("minimum", .integer(3))]),
            ])
    }

    /// Five megabytes of text in a compressed file of a size and time that do not tell one `first` word from another.
    private func writeLines(first: String = "w0") throws {
        var state: UInt64 = 7
        let lines = (0..<5000).map { number -> String in
            if number % 100 == 3 { return "{\"text\": \"short\"}" }
            if number % 100 == 5 { return "no JSON" }
            let words = (0..<100).map { place -> String in
                state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
                return number == 1500 && place == 0 ? first : "w" + String(state >> 32)
            }
            return "{\"text\": \"\(words.joined(separator: " "))\"}"
        }
        try folder.write("t.jsonl", lines.joined(separator: "\n"))
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["gzip", "--no-name", "--force", folder["t.jsonl"]]
        try process.run()
        process.waitUntilExit()
        try #require(process.terminationStatus == 0)
        // RFC 1952: the fourth byte says that a name stands after the tenth. It makes up the size.
        var bytes = try folder.read("t.jsonl.gz")
        try #require(bytes.count < Self.size && bytes[3] == 0)
        bytes[3] = 8
        bytes.insert(contentsOf: [UInt8](repeating: 120, count: Self.size - bytes.count - 1) + [0], at: 10)
        try folder.write("t.jsonl.gz", bytes)
        let time = timespec(tv_sec: 1_700_000_000, tv_nsec: 0)
        try #require(utimensat(AT_FDCWD, folder["t.jsonl.gz"], [time, time], 0) == 0)
    }

    private static let size = 3 << 20

    /// Builds; returns how many documents were cleaned, and how many bytes of the file were taken over.
    @discardableResult
    private func build(
        _ output: String, workers: Int = 1, told: (@Sendable () -> Void)? = nil
    ) throws(Diagnostic) -> (cleaned: Int, takenOver: Int) {
        let last = Mutex((cleaned: 0, takenOver: 0))
        var options = CorpusBuild.Options(workers: workers, root: folder.path)
        options.keptBytes = 1 << 20
        options.progress = { progress in
            guard progress.pass == .clean else { return }
            last.withLock { $0 = (progress.documents, progress.bytesTakenOver) }
            told?()
        }
        try CorpusBuild(specification, output: folder[output], options: options).run()
        return last.withLock { $0 }
    }

    private func copy(_ name: String, to other: String) throws {
        try? FileManager.default.removeItem(atPath: folder[other])
        try FileManager.default.copyItem(atPath: folder[name], toPath: folder[other])
    }

    /// Builds `straight`, and leaves copies of its work folder at each moment that progress was told of, `stop-0` and so on.
    private func stops() throws -> Int {
        let count = Mutex(0)
        let path = folder.path
        try build("straight") {
            count.withLock { count in
                try? FileManager.default.copyItem(atPath: "\(path)/straight.partial", toPath: "\(path)/stop-\(count)")
                count += 1
            }
        }
        return count.withLock { $0 }
    }

    /// What a build that goes on from a stop cleans; its bytes have to be those of one that never stopped.
    private func goOn(workers: Int = 1, _ context: Comment) throws -> (cleaned: Int, takenOver: Int) {
        try? FileManager.default.removeItem(atPath: folder["try"])
        let done = try build("try", workers: workers)
        let names = try folder.names("straight")
        #expect(try folder.names("try") == names, context)
        for name in names { #expect(try folder.read("try/\(name)") == folder.read("straight/\(name)"), context) }
        return done
    }

    @Test func `a stop costs what was cleaned since the last checkpoint`() throws {
        try writeLines()
        let count = try stops()
        var cleaned = [Int]()
        for stop in 0..<count {
            try copy("stop-\(stop)", to: "try.partial")
            let isKept = FileManager.default.fileExists(atPath: folder["try.partial/units/000000.checkpoint"])
            let done = try goOn(workers: 1 + stop % 3, "stop \(stop)")
            #expect((done.cleaned < Self.documents) == (isKept || stop == count - 1), "stop \(stop)")
            #expect((done.takenOver > 0) == (done.cleaned < Self.documents), "stop \(stop)")
            cleaned.append(done.cleaned)
        }
        #expect(cleaned == cleaned.sorted(by: >=) && Set(cleaned).count >= 4, "\(cleaned)")
    }

    @Test func `a checkpoint of a checkpoint's run counts from the beginning`() throws {
        try writeLines()
        let count = try stops()
        try copy("stop-2", to: "try.partial")
        let again = Mutex(0)
        let path = folder.path
        // Goes on, stops again later, and goes on from there.
        try build("try") {
            again.withLock { again in
                try? FileManager.default.copyItem(atPath: "\(path)/try.partial", toPath: "\(path)/again-\(again)")
                again += 1
            }
        }
        var least = Self.documents
        for stop in 0..<again.withLock({ $0 }) {
            try copy("again-\(stop)", to: "try.partial")
            least = min(least, try goOn("again \(stop)").cleaned)
        }
        #expect(count > 4 && least < Self.documents / 4)
    }

    @Test func `what is damaged is not gone on with, and what was written after a checkpoint is not trusted`() throws {
        try writeLines()
        let count = try stops()
        let units = "try.partial/units/000000"
        let damages: [(what: String, isKept: Bool, damage: () throws -> Void)] = [
            ("nothing", true, {}),
            ("more records", true, { try append("documents.partial") }),
            ("more text", true, { try append("texts.partial") }),
            ("texts that have their name already", true, { try rename("texts.partial", "texts") }),
            ("a changed record", false, { try alter("documents.partial") }),
            ("a changed text", false, { try alter("texts.partial") }),
            ("a changed checkpoint", false, { try alter("checkpoint") }),
            ("no records", false, { try remove("documents.partial") }),
            ("no text", false, { try remove("texts.partial") }),
            ("a short text", false, { try shorten("texts.partial") }),
            ("short records", false, { try shorten("documents.partial") }),
            ("a short checkpoint", false, { try shorten("checkpoint") }),
        ]
        func change(_ kind: String, _ body: (inout [UInt8]) -> Void) throws {
            var bytes = try folder.read("\(units).\(kind)")
            body(&bytes)
            try folder.write("\(units).\(kind)", bytes)
        }
        func append(_ kind: String) throws { try change(kind) { $0 += [1, 2, 3] } }
        func alter(_ kind: String) throws { try change(kind) { $0[$0.count / 8] ^= 1 } }
        func shorten(_ kind: String) throws { try change(kind) { $0.removeLast($0.count * 3 / 4) } }
        func remove(_ kind: String) throws { try FileManager.default.removeItem(atPath: folder["\(units).\(kind)"]) }
        func rename(_ kind: String, _ other: String) throws {
            try FileManager.default.moveItem(atPath: folder["\(units).\(kind)"], toPath: folder["\(units).\(other)"])
        }
        for (what, isKept, damage) in damages {
            try copy("stop-\(count - 3)", to: "try.partial")
            try damage()
            #expect(try (goOn("\(what)").cleaned < Self.documents) == isKept, "\(what)")
        }
    }

    @Test func `a file that has changed behind its size and time is noticed`() throws {
        try writeLines()
        let count = try stops()
        try writeLines(first: "another")
        try? FileManager.default.removeItem(atPath: folder["straight"])
        try build("straight")
        try copy("stop-\(count - 3)", to: "try.partial")
        let done = try goOn("changed")
        #expect(done.cleaned == Self.documents && done.takenOver == 0)
    }
}
