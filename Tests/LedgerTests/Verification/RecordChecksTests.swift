import CGit2
import Foundation
import Testing

@testable import Ledger

/// Records whose objects are whole but whose parts contradict each other, as after a forgery.
@Suite struct RecordChecksTests {
    private func problems(_ made: RecordedRun) throws -> [VerificationProblem] { try made.verifyRecord().problems }

    /// Writes a commit with the tip's message on a tree with other files, and points the run to it.
    private func forge(
        _ made: RecordedRun, message: (String) -> String = { $0 }, _ files: (String) -> (path: String, text: String)?
    ) throws {
        let git = made.git
        let tip = "refs/serre/runs/\(made.run)"
        let index = "\(git.root)/index"
        try git.git("read-tree", "\(tip)^{tree}", index: index)
        for path in try git.git("ls-tree", "-r", "--name-only", tip).split(separator: "\n") {
            guard let change = files(String(path)) else { continue }
            try git.write(change.text, to: "forged")
            let blob = try git.git("hash-object", "-w", "\(git.root)/forged")
            try git.git("update-index", "--add", "--cacheinfo", "100644,\(blob),\(change.path)", index: index)
        }
        let tree = try git.git("write-tree", index: index)
        try git.write(message(try git.git("log", "-1", "--format=%B", tip)) + "\n", to: "message")
        let parent = try git.git("rev-parse", "\(tip)^")
        let commit = try git.git("commit-tree", tree, "-p", parent, "-F", "\(git.root)/message")
        try git.git("update-ref", tip, commit)
    }

    @Test func aWholeRecordHasNoProblem() throws {
        let made = try RecordedRun()
        let report = try made.verifyRecord()
        #expect(report.isIntact, "\(report.problems)")
        let counts = Dictionary(uniqueKeysWithValues: report.checked.map { ($0.what, $0.count) })
        #expect(counts["references"] == 1 && counts["commits"] == 7)
        #expect(counts["files"].map { $0 > 15 } == true && counts["trees"].map { $0 > 10 } == true)
        let inputs = try made.verifyInputs()
        #expect(inputs.isIntact && inputs.level == .inputs && inputs.remarks == [])
    }

    @Test func metricsMustBeThoseOfTheirNamesAndBits() throws {
        let swapped = try RecordedRun()
        let texts = try ["000011-000020", "000021-000030"].map {
            try swapped.git.git("cat-file", "blob", "refs/serre/runs/\(swapped.run):metrics/000000/\($0).jsonl") + "\n"
        }
        try forge(swapped) { path in
            if path.hasSuffix("000011-000020.jsonl") { return (path, texts[1]) }
            return path.hasSuffix("000021-000030.jsonl") ? (path, texts[0]) : nil
        }
        let named = try problems(swapped).map(\.object)
        #expect(
            named.contains("metrics/000000/000011-000020.jsonl") && named.contains("metrics/000000/000021-000030.jsonl")
        )

        let altered = try RecordedRun()
        try forge(altered) { path in
            guard path.hasSuffix("000021-000030.jsonl") else { return nil }
            return (path, (21...30).map { RecordedRun.line($0, loss: $0 == 25 ? 0.5 : nil) + "\n" }.joined())
        }
        let lines = try problems(altered).map(\.object)
        #expect(lines.contains("metrics/000000/000021-000030.jsonl:5"), "\(lines)")

        let gap = try RecordedRun()
        try forge(gap) { path in
            guard path.hasSuffix("000021-000030.jsonl") else { return nil }
            return (path, (21...30).filter { $0 != 24 }.map { RecordedRun.line($0) + "\n" }.joined())
        }
        #expect(
            try problems(gap).contains { $0.object == "metrics/000000/000021-000030.jsonl:4" && $0.found == "step 25" })
    }

    @Test func filesMustBeThoseThatTheManifestNames() throws {
        for path in ["recipe.yaml", "data/manifest.json"] {
            let made = try RecordedRun()
            try forge(made) { $0 == path ? ($0, "altered\n") : nil }
            #expect(try problems(made).contains { $0.object == path }, "\(path)")
            #expect(try problems(made).contains { $0.expected == "\(path) as at the start" }, "\(path)")
        }
    }

    @Test func trailersMustFollowFromTheEvents() throws {
        let made = try RecordedRun()
        try forge(made, message: { $0.replacing("Serre-Last-Step: 30", with: "Serre-Last-Step: 29") }) { _ in nil }
        let found = try problems(made)
        #expect(found.count == 1 && found[0].object.hasSuffix("(end at step 30)") && found[0].found.contains("step 29"))
        let other = try RecordedRun()
        try forge(other, message: { $0.replacing("Serre-Run: \(other.run)", with: "Serre-Run: \(other.run.next)") }) {
            _ in nil
        }
        #expect(try problems(other).map(\.found) == [other.run.next.text])
        let none = try RecordedRun()
        try forge(none, message: { _ in "just a commit" }) { _ in nil }
        #expect(try problems(none).contains { $0.expected.contains("trailers") })
    }

    @Test func pointersMustBeThoseOfTheNote() throws {
        let made = try RecordedRun()
        try forge(made) { $0.hasSuffix("step-00000030/rank-00001.safetensors") ? ($0, "no pointer\n") : nil }
        #expect(try problems(made).map(\.object) == ["checkpoints/step-00000030/rank-00001.safetensors"])
    }

    @Test func aReferenceThatSkipsTheStartOrTheRunIsNamed() throws {
        let made = try RecordedRun()
        let head = try made.git.git("rev-parse", "HEAD")
        try made.git.git("update-ref", "refs/serre/runs/\(made.run)", head)
        #expect(try problems(made).contains { $0.expected.contains("trailers of a record") })
        let missing = try RecordedRun()
        try missing.git.write(String(repeating: "ab", count: 20) + "\n", to: "repo/.git/refs/serre/runs/\(missing.run)")
        #expect(try problems(missing).map(\.object).contains { $0.hasPrefix("reference refs/serre/runs/") })
    }

    /// Whatever is done to the files, the answer is a report.
    @Test func noDamageCrashes() throws {
        let made = try RecordedRun()
        var random = SplitMix(seed: 7)
        let base = "\(made.git.root)/repo/.git"
        var paths = try [ObjectKind.commit, .tree, .blob].flatMap { try made.objects($0) }.map(made.objectPath)
        paths.append(made.reference)
        for packed in [false, true] {
            if packed {
                try made.git.git("gc", "-q", "--prune=now")
                let folder = base + "/objects/pack"
                paths =
                    try FileManager.default.contentsOfDirectory(atPath: folder).map { "\(folder)/\($0)" }
                    .filter { $0.hasSuffix(".pack") || $0.hasSuffix(".idx") }.sorted() + [base + "/packed-refs"]
            }
            for _ in 0..<40 {
                let path = paths[Int.random(in: 0..<paths.count, using: &random)]
                let before = try Data(contentsOf: URL(fileURLWithPath: path))
                var after = before.prefix(Int.random(in: 0...before.count, using: &random))
                if Bool.random(using: &random) { after += random.bytes(Int.random(in: 1...2000, using: &random)) }
                // Not in place: a file that shrinks under a mapping is another matter.
                #expect(unlink(path) == 0)
                try after.write(to: URL(fileURLWithPath: path))
                // A run whose reference is gone is unknown; that is said by an error.
                if let report = try? made.verifyInputs(), after != before, path.hasSuffix(".idx") == false {
                    #expect(!report.isIntact, "\(path)")
                }
                #expect(unlink(path) == 0)
                try before.write(to: URL(fileURLWithPath: path))
            }
        }
        #expect(try made.verifyInputs().isIntact)
    }

    @Test func whatIsMissingIsNamedAsMissing() throws {
        let made = try RecordedRun()
        let blob = try made.blob("recipe.yaml")
        #expect(unlink(made.objectPath(blob)) == 0)
        let found = try problems(made)
        #expect(found.map(\.object) == ["blob \(blob) (recipe.yaml)"] && found[0].found.contains("missing"))
        let inputs = try RecordedRun()
        try inputs.git.remove("runs/one/checkpoints/step-00000020")
        try inputs.git.remove("runs/one/checkpoints/step-00000030/rank-00001.safetensors")
        try inputs.git.remove("train-fr-000.tokens")
        let report = try inputs.verifyInputs()
        #expect(report.problems.map(\.found) == ["missing", "missing"])
        #expect(report.remarks == ["1 earlier checkpoint is no longer kept here"])
        try inputs.git.remove("runs/one/checkpoints/step-00000030")
        #expect(try inputs.verifyInputs().problems.count == 4, "the newest checkpoint must be there")
    }

    @Test func resumedRunsAndRolledBackOnesAreInOrder() throws {
        let git = try GitFixture()
        try git.makeRepository()
        let ledger = try git.ledger()
        let run = try ledger.begin(nanoManifest(), at: start).run
        func segment(_ steps: ClosedRange<Int>, _ kind: EventKind = .segment) throws {
            let metrics = RecordFile.metrics(steps: steps, lines: steps.map { RecordedRun.line($0) })
            _ = try ledger.append(RunEvent(kind, step: steps.upperBound, files: [metrics]), to: run, at: start)
        }
        try segment(1...10)
        _ = try ledger.append(RunEvent(.end, step: 10, outcome: .interrupted), to: run, at: start)
        _ = try ledger.append(RunEvent(.resume, step: 6), to: run, at: start)
        try segment(7...12)
        try segment(13...15, .incident)
        try segment(12...20)
        _ = try ledger.append(RunEvent(.end, step: 20), to: run, at: start)
        #expect(try ledger.verifyRecord(run).problems == [])
        try segment(22...25)
        #expect(try ledger.verifyRecord(run).problems.map(\.object) == ["metrics/000000/000022-000025.jsonl"])
    }
}
