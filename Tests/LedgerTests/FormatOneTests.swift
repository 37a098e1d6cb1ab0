import Foundation
import Testing

@testable import Ledger

/// A record of format 1, made when that format was new, stays readable: every field of it.
@Suite struct FormatOneTests {
    private static let root = (0..<3).reduce(URL(filePath: #filePath)) { url, _ in url.deletingLastPathComponent() }
    private static let folder = root.path + "/fixtures/records"

    private let fixture: GitFixture
    private let ledger: Ledger
    private let record: RunRecord

    /// A repository that holds the record and nothing else.
    init() throws {
        fixture = try GitFixture()
        try fixture.git("init", "-q", "repo", at: "")
        try fixture.git("fetch", "-q", Self.folder + "/format-1.bundle", "refs/serre/*:refs/serre/*")
        ledger = try fixture.ledger()
        record = try ledger.read(ledger.find("latest"))
    }

    @Test func events() throws {
        #expect(
            record.events.map { "\($0.kind) \($0.step ?? -1)" } == [
                "start 0", "segment 2", "segment 4", "checkpoint 4", "checkpoint 5", "evaluation 5", "end 5",
                "resume 5",
                "segment 7", "segment 9", "checkpoint 8", "checkpoint 10", "evaluation 10", "end 10",
            ])
        #expect(record.events.compactMap(\.outcome) == [.interrupted, .finished])
        #expect(record.events.last?.message == "finished at step 10")
        let digest = "sha256:884afcc0c0e4ba282998dc8e68c0d23e64fe541e9467b90e69a0bc5851c79008"
        #expect(record.events.last?.digest == digest && record.summary.digest == digest)
        #expect(record.summary.state == .finished && record.summary.steps == 10 && record.summary.recipe == "nano")
        #expect(record.summary.run.text == "20261128-212458-nano-6527")
        #expect(try fixture.git("fsck", "--strict", "--no-dangling").isEmpty)
    }

    @Test func manifest() {
        let m = record.manifest
        #expect(m.format == 1 && m.run == "20261128-212458-nano-6527" && m.recipe == "nano")
        #expect(m.started == "2026-11-28T21:24:58Z" && m.numerics == "exact-1" && m.stepsPlanned == 10)
        #expect(m.serre.version == "0.1.0" && m.serre.executableDigest?.hasPrefix("sha256:e86bf133") == true)
        #expect(m.recipeDigest == "sha256:cf75cb296a83543b0f738626712c10ddb13be9c57272c2ad2449dfe5d540b7ee")
        #expect(m.resultDigest == "sha256:f132ce22b4c3dbf1aa02a2d4fcf8c8f26b88b2fd4bd35d9acd81e54b8028cfc1")
        #expect(m.profileDigest == "sha256:dc0acddfcbae464e18659db814d39ded84bb623e1463c1fcf5d17e9195e56e1d")
        #expect(m.dataDigest == "sha256:601514abef0ded8a46588c6768e33998af66ca53d880120a278830e2a428d3c6")
        #expect(
            m.layout == [
                "data": 1, "interleave": 1, "micro_batch": 4, "pipeline": 1, "sequence_parallel": 0, "tensor": 2,
                "zero": 1,
            ])
        #expect(m.schedule == "1f1b" && m.recompute == "none" && m.hosts == 1 && m.resumedFrom == nil)
    }

    @Test func environmentAndEnergy() throws {
        let e = try #require(record.environment)
        #expect(e.format == 1 && e.host == "glass" && e.process > 0 && e.processorsOnline == 2)
        #expect(e.bootID?.count == 36 && e.memoryBytes > 1 << 30 && e.system.hasPrefix("Linux"))
        #expect(e.processor?.isEmpty == false && e.compiler?.hasPrefix("Clang") == true)
        #expect(e.libraries == ["kernels": "avx2, 2 workers", "libgit2": "1.5.1", "mpi": "Open MPI v4.1.4"])
        #expect(e.variables == ["LANG": "C.UTF-8", "OMP_NUM_THREADS": "1"])
        #expect(e.runFolder == "/home/ada/garden/runs/20261128-212458-nano-6527")
        #expect(e.corpus == "/home/ada/garden/text" && e.processes == nil && e.job == nil)
        let energy = try #require(try ledger.energy(record.summary.run))
        #expect(energy.basis?.hasPrefix("estimated from the profile jean-zay-a100") == true)
        #expect(energy.segment?.firstStep == 10 && energy.segment?.lastStep == 10)
        let total = try #require(energy.total)
        #expect(total.firstStep == 1 && total.lastStep == 10 && total.joules > 0 && total.carbonGrams ?? 0 > 0)
    }

    @Test func filesAndMetrics() throws {
        let run = record.summary.run
        let names = Set(record.files.map(\.path))
        for name in ["recipe.yaml", "profile.yaml", "data/manifest.json", "resumes/00000005.yaml"] {
            #expect(names.contains(name), "\(name)")
        }
        #expect(try ledger.recordedMetrics(run).files.count == 6)
        let steps = try ledger.metrics(run).map { line in
            try #require(try JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any])
        }
        #expect(steps.map { $0["step"] as? Int } == (1...10).map { $0 })
        #expect(steps.allSatisfy { ($0["fingerprint"] as? String)?.utf8.count == 3 * 16 + 2 })
        #expect(try ledger.checkpointNotes(run).map(\.step) == [4, 5, 8, 10])
        let s = record.snapshot
        #expect(s.policy == "all" && s.branch == "main" && s.dirty == true && s.skipped.isEmpty && s.absent == nil)
        #expect(s.fileBytesMax == 10 << 20 && s.head?.count == 40 && s.tree == record.codeTree)
        #expect(try ledger.file(run, "code/model.py") == Array("print(\"changed\")\n".utf8))
        #expect(try ledger.file(run, "code/notes.txt") == Array("new\n".utf8))
        #expect(try ledger.file(run, "code/key.secret") == nil)
    }

    @Test(.enabled(if: SigningTests.hasSSH, "needs ssh-keygen")) func signatures() throws {
        try fixture.git("config", "gpg.ssh.allowedSignersFile", Self.folder + "/format-1.allowed-signers")
        for event in record.events {
            let found = try ledger.signature(ofCommit: event.commit)
            #expect(found.standing == .good && found.signer == "ada@example.org", "\(found)")
        }
    }
}
