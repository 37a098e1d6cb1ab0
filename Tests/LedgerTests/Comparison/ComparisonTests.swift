import Diagnostics
import Foundation
import Testing

@testable import Ledger

@Suite struct ComparisonTests {
    /// What differs, as `section key a b`; causes are marked with `!`.
    private func differences(_ change: (inout RunSketch) throws -> Void) throws -> [String] {
        let fixture = try GitFixture()
        return try fixture.comparison(change).sections.flatMap { section in
            section.differences.map {
                "\(section.section.rawValue)\(section.decides ? "!" : "") \($0.key) \($0.a ?? "-") \($0.b ?? "-")"
            }
        }
    }

    @Test func equalRunsDoNotDiffer() throws {
        let fixture = try GitFixture()
        let same = try fixture.comparison { _ in }
        #expect(same.sections.isEmpty)
        #expect(same.verdict == .identical)
        #expect(same.isEmpty && !same.isExplained)
        #expect(same.steps.common == 4 && same.steps.differing == 0)
        #expect(same.steps.digests == .init(common: 2, first: nil, lastEqual: 4))
    }

    @Test func eachCauseIsNamedAlone() throws {
        #expect(
            try differences { $0.recipe.replace("seed: 42", with: "seed: 43") } == ["recipe! seed 42 43"])
        #expect(
            try differences { $0.recipe.replace("  clip: 1\n", with: "  clip: 1\n  beta1: 0.9\n") } == [
                "recipe! optimizer.beta1 - 0.9"
            ])
        #expect(try differences { $0.recipe.replace("tensor: 1", with: "tensor: 2") } == ["layout layout.tensor 1 2"])
        #expect(
            try differences { $0.recipe.replace("corpus: here", with: "corpus: there") } == [
                "policies data.corpus here there"
            ])
        #expect(
            try differences { $0.recipe.replace("every_steps: 0", with: "every_steps: 5") } == [
                "policies checkpoint.every_steps 0 5"
            ])
        #expect(try differences { $0.hosts = 8 } == ["layout hosts 1 8"])
        #expect(try differences { $0.executable = "sha256:ff" } == ["serre executable_digest sha256:ee sha256:ff"])
        #expect(try differences { $0.processor = "Xeon" } == ["environment processor EPYC Xeon"])
        #expect(
            try differences { $0.bitsPerByte = 4.500000000000001 } == [
                "evaluations! step 4 bits_per_byte.de 4.5 4.500000000000001"
            ])
        #expect(
            try differences { $0.data = [("train-de.tokens", "sha256:d2"), ("train-it.tokens", "sha256:i1")] } == [
                "data! digest sha256:sha256:d1sha256:f1 sha256:sha256:d2sha256:i1",
                "data! train-de.tokens sha256:d1 sha256:d2", "data! train-fr.tokens sha256:f1 -",
                "data! train-it.tokens - sha256:i1",
            ])
    }

    @Test func figuresOfSuitesAreResults() throws {
        let changed = try differences { $0.examined = [(4, 0.2500000000000001)] }
        #expect(changed == ["suites step 4 plants words acc de 0.25 0.2500000000000001"])
        // Of a step at which only one was examined that alone is said.
        #expect(try differences { $0.examined = [] } == ["suites step 4 plants examined -"])
        #expect(try differences { $0.examined.append((6, 1)) } == ["suites step 6 plants - examined"])
        let found = try GitFixture().comparison { $0.examined = [(4, 1)] }
        #expect(found.verdict == .identical && !found.isEmpty && !found.isExplained)
    }

    @Test func aRunThatMayRollBackDependsOnItsCheckpoints() throws {
        let found = try differences {
            $0.recipe.replace("every_steps: 0", with: "every_steps: 5")
            $0.recipe.replace("non_finite: skip", with: "non_finite: roll_back")
        }
        #expect(found == ["recipe! guard.non_finite skip roll_back", "recipe! checkpoint.every_steps 0 5"])
    }

    @Test func withoutTheExactContractThePlaceDecides() throws {
        let found = try differences {
            $0.numerics = "blas"
            $0.processor = "Xeon"
            $0.recipe.replace("tensor: 1", with: "tensor: 2")
        }
        #expect(
            found == [
                "numerics! numerics exact-1 blas", "layout! layout.tensor 1 2", "environment! processor EPYC Xeon",
            ])
    }

    @Test func theMostConsequentialComesFirst() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let all = try fixture.comparison {
            $0.processor = "Xeon"
            $0.recipe = "seed: 1\nlayout:\n  tensor: 2\nevaluation:\n  every_steps: 3\n"
            $0.executable = "sha256:ff"
            $0.numerics = "blas"
            $0.data = []
            $0.bitsPerByte = 3
            $0.losses = [6.5]
            $0.digests = [:]
            try fixture.write("changed\n", to: "repo/a.txt")
        }
        let order = ComparedSection.Section.allCases
        let found = all.sections.map(\.section)
        #expect(found == order.filter(found.contains))
        #expect(
            found == [
                .recipe, .numerics, .data, .evaluations, .events, .serre, .code, .layout, .policies, .environment,
            ])
        #expect(all.isExplained)
    }

    @Test func theFirstStepThatDiffersIsNamedWithItsNumbers() throws {
        let fixture = try GitFixture()
        let found = try fixture.comparison {
            $0.losses = [6.5, 6.25, 6.000000000000001, 7]
            $0.digests[4] = "sha256:45"
        }
        #expect(found.verdict == .parted(step: 3))
        #expect(!found.isExplained && !found.isEmpty)
        #expect(found.steps.common == 4 && found.steps.differing == 2)
        let first = try #require(found.steps.first)
        #expect(first.a.loss == 6 && first.b.loss == 6.000000000000001)
        #expect(first.a.exactNumbers?.gradientNorm == 1.5 && first.a.exactNumbers?.updateSum == -0.25)
        #expect(first.b.fingerprint == "4018000000000001-3ff8000000000000-bfd0000000000000")
        #expect(found.steps.largest == [.init(quantity: "loss", step: 4, difference: 1.25)])
        #expect(found.steps.digests.first == .init(step: 4, a: "sha256:44", b: "sha256:45"))
        #expect(found.steps.digests.lastEqual == 2)
    }

    @Test func aStateThatDiffersUnderEqualNumbersIsFound() throws {
        let fixture = try GitFixture()
        let found = try fixture.comparison { $0.digests[2] = "sha256:23" }
        #expect(found.verdict == .parted(step: 2))
        #expect(found.steps.first == nil && found.steps.differing == 0)
        #expect(
            found.steps.digests
                == .init(common: 2, first: .init(step: 2, a: "sha256:22", b: "sha256:23"), lastEqual: nil))
    }

    @Test func aLossThatIsNotFiniteDiffersMost() throws {
        let fixture = try GitFixture()
        let found = try fixture.comparison { $0.losses = [6.5, 16.25, .nan, .infinity] }
        #expect(found.verdict == .parted(step: 2))
        #expect(found.steps.largest == [.init(quantity: "loss", step: 3, difference: nil)])
        let json = String(decoding: try JSONEncoder().encode(found), as: UTF8.self)
        #expect(json.contains("\"parted_at\":2"))
    }

    @Test func aLongerRunIsIdenticalInWhatBothHave() throws {
        let fixture = try GitFixture()
        let found = try fixture.comparison { $0.losses += [5.5, 5.25] }
        #expect(found.verdict == .identical)
        #expect(!found.isEmpty)
        #expect(found.steps.lastA == 4 && found.steps.lastB == 6)
        let apart = try fixture.comparison { $0.firstStep = 5 }
        #expect(apart.verdict == .noCommonSteps)
    }

    @Test func stepsDoneAgainCountOnce() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let ledger = try fixture.ledger()
        let run = try RunSketch().record(in: ledger, suffix: 7)
        let again = RecordFile.metrics(steps: 3...5, lines: (3...5).map { "{\"step\":\($0),\"loss\":\($0)}" })
        _ = try ledger.append(RunEvent(.segment, step: 5, files: [again]), to: run, at: start)
        let steps = try ledger.steps(run)
        #expect(steps.map(\.step) == [1, 2, 3, 4, 5])
        #expect(steps.map(\.loss) == [6.5, 6.25, 3, 4, 5])
    }

    @Test func theCodeIsComparedFileByFile() throws {
        let fixture = try GitFixture()
        let found = try fixture.comparison { _ in
            try fixture.write("two and more\n", to: "repo/b.txt")
            try fixture.remove("repo/gone.txt")
            try fixture.write("#!/bin/sh\n", to: "repo/mode.txt", executable: false)
            chmod("\(fixture.root)/repo/src/main.py", 0o755)
            try fixture.write("new\n", to: "repo/new.txt")
            try fixture.git("add", "new.txt")
        }
        let code = try #require(found.sections.first { $0.section == .code })
        #expect(!code.decides && found.verdict == .identical)
        #expect(code.differences.map(\.key) == ["b.txt", "gone.txt", "mode.txt", "new.txt", "src/main.py"])
        #expect(code.differences[0].b == (try fixture.git("hash-object", "b.txt")))
        #expect(code.differences[1].b == nil && code.differences[3].a == nil)
        #expect(code.differences[4] == .init("src/main.py", "mode 100644", "mode 100755"))
    }

    @Test func thePatchTurnsOneSnapshotIntoTheOther() throws {
        let fixture = try GitFixture()
        let found = try fixture.comparison { _ in
            try fixture.write("two and more\n", to: "repo/b.txt")
            try Data([0, 1, 2, 255]).write(to: URL(fileURLWithPath: "\(fixture.root)/repo/a.txt"))
        }
        let ledger = try fixture.ledger()
        try fixture.write(try ledger.codePatch(found.a.run, found.b.run), to: "patch")
        try fixture.git("worktree", "add", "-q", "--detach", "../other", "HEAD")
        try fixture.git("apply", "../patch", at: "other")
        try fixture.git("add", "-A", at: "other")
        let tree = try fixture.git("write-tree", at: "other")
        #expect(tree == (try ledger.read(found.b.run).codeTree))
    }

    @Test func snapshotsThatAreNotThereAreSaid() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let ledger = try fixture.ledger()
        let a = try ledger.begin(nanoManifest(suffix: 1), at: start).run
        let b = try ledger.begin(nanoManifest(suffix: 2), snapshot: .none, at: start).run
        let found = try ledger.compare(a, b)
        #expect(found.verdict == .noCommonSteps)
        #expect(found.sections.map(\.section) == [.code])
        #expect(found.sections[0].differences == [.init("(snapshot)", "recorded", "not asked for")])
    }
}

extension String {
    fileprivate mutating func replace(_ old: String, with new: String) {
        precondition(contains(old))
        self = replacing(old, with: new)
    }
}
