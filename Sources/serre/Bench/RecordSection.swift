import Corpora
import Diagnostics
import Fabrics
import Foundation
import Integrity
import Ledger
import Numerics
import Recipes
import Tables
import Training

/// What recording costs: time per step, and bytes per 1,000 steps, in a repository of its own in the temporary folder.
///
/// Steps are told to the recorder as training tells them, with numbers of full length, and nothing is trained.
struct RecordSection {
    let repeats: Int

    private static let steps = 1000
    /// The course of a run of fast steps, and of one whose commits are made by the clock.
    private static let courses = [
        Course(name: "a commit every 100 steps (the default, for steps of up to 18 s)", segmentSteps: 100),
        Course(name: "a commit every 18 steps (the default's 30 minutes, for steps of 100 s)", segmentSteps: 18),
    ]

    private struct Course {
        var name: String
        var segmentSteps: Int
    }

    func run(_ report: BenchReport) throws {
        report.heading("record, \(grouped(Self.steps)) steps, medians of \(repeats)")
        var table = TextTable(
            header: ["what", "ms/step", "of a 1 s step", "bytes", "on disk", "after git gc"], numeric: [1, 2, 3, 4, 5])
        var lines: [Line] = []
        let load = MachineLoad()
        for course in Self.courses {
            let line = try measure(course)
            lines.append(line)
            table.rows.append([
                line.what, fixed(line.millisecondsPerStep, 3), "\(fixed(0.1 * line.millisecondsPerStep, 3)) %",
                bytesText(line.bytes), bytesText(line.diskBytes), line.packedBytes.map { bytesText($0) } ?? "-",
            ])
        }
        try report.show(table, lines)
        report.remark(othersShare: load.shareOfOthers())
    }

    /// Records `repeats` times 1,000 steps, one after the other in one run.
    private func measure(_ course: Course) throws -> Line {
        let place = FileManager.default.currentDirectoryPath
        let folder = NSTemporaryDirectory() + "serre-bench-record-\(getpid())-\(course.segmentSteps)"
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        defer {
            _ = FileManager.default.changeCurrentDirectoryPath(place)
            try? FileManager.default.removeItem(atPath: folder)
        }
        _ = try Ledger.create(at: folder)
        _ = FileManager.default.changeCurrentDirectoryPath(folder)
        let recorder = try begun(course, in: folder)
        var (milliseconds, bytes, disk): ([Double], [Double], [Double]) = ([], [], [])
        var before = Self.size(of: folder + "/.git")
        for turn in 0..<repeats {
            let start = ContinuousClock.now
            for step in 1...Self.steps { try recorder.observe(.step(Self.record(turn * Self.steps + step))) }
            milliseconds.append(Double((ContinuousClock.now - start) / .nanoseconds(1)) / 1e6 / Double(Self.steps))
            let after = Self.size(of: folder + "/.git")
            bytes.append(Double(after.bytes - before.bytes))
            disk.append(Double(after.disk - before.disk))
            before = after
        }
        return Line(
            what: course.name, millisecondsPerStep: median(milliseconds), bytes: Int(median(bytes)),
            diskBytes: Int(median(disk)), packedBytes: packed(folder).map { $0 / repeats })
    }

    private func begun(_ course: Course, in folder: String) throws(Diagnostic) -> RunRecorder {
        let recipe = try Recipe.load("nano", overrides: ["ledger.segment_steps=\(course.segmentSteps)"])
        let fabric = try LocalFabric(ranks: 1)
        let run = RunFolder(folder + "/runs/" + RunID(recipe: recipe.name, startedAt: Date()).text)
        let corpus = try CorpusChoice(nil, fabric: fabric, output: folder + "/runs").open()
        let recorder = try RunRecorder(recipe: recipe, profile: nil)
        try recorder.begin(
            RecordStart(
                folder: run, corpus: corpus, kernels: KernelContext(instructionSet: nil, workers: 1),
                members: fabric.members()))
        return recorder
    }

    /// A step whose numbers have as many digits as those of a real one.
    private static func record(_ step: Int) -> StepRecord {
        let wave = Double(step).squareRoot()
        let outcome = StepOutcome(
            loss: 2 + 3 / (1 + wave), gradientNorm: 1 / (wave + 0.1), updateSum: 1e-3 * (wave - Double(step) / 7))
        return StepRecord(
            step: step, samples: step * 512, tokens: step * 512 * 2048, outcome: outcome,
            learningRate: 6e-5 / (1 + 1e-3 * wave), seconds: 1 + 0.01 / wave, digest: nil, stepSamples: 512,
            stepTokens: 512 * 2048)
    }

    /// What the files of a folder hold, and what they take up on the disk.
    private static func size(of folder: String) -> (bytes: Int, disk: Int) {
        var size = (bytes: 0, disk: 0)
        for name in (try? FileManager.default.subpathsOfDirectory(atPath: folder)) ?? [] {
            var file = stat()
            guard lstat(folder + "/" + name, &file) == 0 else { continue }
            if file.st_mode & S_IFMT == S_IFREG { size.bytes += Int(file.st_size) }
            size.disk += 512 * Int(file.st_blocks)
        }
        return size
    }

    /// The bytes of all objects once git has packed them; `nil` without git.
    private func packed(_ folder: String) -> Int? {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["git", "-C", folder, "gc", "-q", "--prune=now"]
        guard (try? process.run()) != nil else { return nil }
        process.waitUntilExit()
        return process.terminationStatus == 0 ? Self.size(of: folder + "/.git/objects").bytes : nil
    }

    private struct Line: Encodable {
        var what: String
        var millisecondsPerStep: Double
        /// Per 1,000 steps.
        var bytes, diskBytes: Int
        var packedBytes: Int?

        enum CodingKeys: String, CodingKey {
            case what, bytes
            case millisecondsPerStep = "milliseconds_per_step"
            case diskBytes = "disk_bytes"
            case packedBytes = "packed_bytes"
        }
    }
}
