import Foundation
import Testing

@testable import Ledger

/// A disk that fills up stops the record where it is, whole.
@Suite struct FullDiskTests {
    @Test(.enabled(if: WriterProcess.canMount, "needs root and the right to mount a small file system"))
    func leavesTheRecordWhole() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        // The writer fills the disk; then git looks at what it left, and after some space is freed the run goes on.
        let outcome = try WriterProcess.run(
            """
            cat >../inside.sh <<'END'
            set -e
            mkdir ../small
            mount -t tmpfs -o size=1200k none ../small
            cp -r . ../small/repo
            cd ../small/repo
            "$WRITER" . 100000 >../../said 2>../../complaint && exit 9
            git -c safe.directory='*' fsck --strict --no-dangling
            run=$(head -n 1 ../../said)
            git rev-list --count "refs/serre/runs/$run" >../../count
            mount -o remount,size=8m ../../small
            "$WRITER" . 3 "$run"
            git -c safe.directory='*' fsck --strict --no-dangling >&2
            git rev-list --count "refs/serre/runs/$run" >../../later
            END
            exec unshare --mount sh ../inside.sh
            """, in: fixture.root + "/repo")
        func text(_ name: String) throws -> String {
            try String(contentsOfFile: fixture.root + "/" + name, encoding: .utf8)
        }
        #expect(outcome.status == 0, "\(outcome)")
        #expect(outcome.events == 3)
        let said = try text("said").split(separator: "\n").count - 1
        #expect(try text("complaint").contains("No space left on device"))
        #expect(try text("complaint").contains("the record is whole up to its last event"))
        let count = try #require(Int(text("count").dropLast()))
        #expect(said > 5 && count == said + 1, "the start and every event that was said: \(count), \(said)")
        #expect(try Int(text("later").dropLast()) == count + 3)
    }

    /// A file-size limit fails a write in the middle, as some full disks do.
    @Test func aFailedWriteLeavesNoPart() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let outcome = try WriterProcess.run(
            "trap '' XFSZ; ulimit -f 0; exec \"$WRITER\" . 3", in: fixture.root + "/repo")
        #expect(outcome.status == 1 && outcome.run == nil)
        #expect(outcome.errors.contains("File too large"), "\(outcome)")
        #expect(try fixture.git("fsck", "--strict", "--no-dangling").isEmpty)
        #expect(try fixture.ledger().runs().isEmpty)
    }
}
