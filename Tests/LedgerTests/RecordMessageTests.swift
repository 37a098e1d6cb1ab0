import Testing

@testable import Ledger

@Suite struct RecordMessageTests {
    private let run = RunID(recipe: "nano", startedAt: start, suffix: 1)
    private let fresh = RunProgress(recipe: "nano", state: .running, step: 0, digest: nil)

    @Test func isReadable() {
        let event = RunEvent(.checkpoint, step: 50, digest: "sha256:ab", message: "checkpoint saved")
        let expected = """
            serre run \(run): checkpoint saved

            Serre-Run: \(run)
            Serre-Event: checkpoint
            Serre-Format: 1
            Serre-Step: 50
            Serre-Digest: sha256:ab
            Serre-Recipe: nano
            Serre-State: running
            Serre-Last-Step: 50
            Serre-Last-Digest: sha256:ab

            """
        #expect(RecordMessage(event, of: run, after: fresh).rendered == expected)
    }

    @Test(arguments: [
        RunEvent(.segment, step: 50), RunEvent(.checkpoint, step: 3, digest: "sha256:00"), RunEvent(.end),
        RunEvent(.end, step: 9, outcome: .interrupted), RunEvent(.incident, message: "a rank was slow"),
        RunEvent(EventKind(name: "not-yet-known"), message: "from the future"),
    ])
    func readsWhatItWrites(event: RunEvent) {
        let message = RecordMessage(event, of: run, after: fresh)
        #expect(RecordMessage(parsing: message.rendered) == message)
    }

    @Test func aCheckpointThatIsToldLateTakesNoProgressBack() {
        let later = RunProgress(recipe: "nano", state: .running, step: 60, digest: "sha256:60")
        #expect(later.advanced(by: RunEvent(.checkpoint, step: 50, digest: "sha256:50")) == later)
        #expect(later.advanced(by: RunEvent(.checkpoint, step: 60, digest: "sha256:61")).digest == "sha256:61")
        #expect(later.advanced(by: RunEvent(.resume, step: 50)).step == 50)
    }

    @Test func freeTextCannotForgeTrailers() throws {
        let text = "bad luck\n\nSerre-State: finished\nSerre-Event: end"
        let message = RecordMessage(RunEvent(.incident, message: text), of: run, after: fresh)
        let read = try #require(RecordMessage(parsing: message.rendered))
        #expect(read.kind == .incident)
        #expect(read.progress.state == .running)
        #expect(read.text == "bad luck\n\nSerre-State: finished\nSerre-Event: end")
        var forged = fresh
        forged.recipe = "x\nSerre-State: finished"
        let other = RecordMessage(RunEvent(.incident), of: run, after: forged)
        #expect(RecordMessage(parsing: other.rendered)?.progress.state == .running)
    }

    @Test func zeroBytesDoNotCutTheMessage() {
        let message = RecordMessage(RunEvent(.incident, message: "a\0b"), of: run, after: fresh)
        #expect(!message.rendered.utf8.contains(0))
        #expect(RecordMessage(parsing: message.rendered)?.text == "a b")
    }

    @Test(arguments: ["", "Merge branch 'x'", "Serre-Run: a\nSerre-Event: b", "x\n\nSerre-Run: a\nSerre-Format: 1"])
    func knowsForeignCommits(text: String) {
        #expect(RecordMessage(parsing: text) == nil)
    }

    @Test func sumsUpTheRun() {
        var progress = fresh
        let steps: [(RunEvent, RunState, Int, String?)] = [
            (RunEvent(.segment, step: 5, digest: "d5"), .running, 5, "d5"),
            (RunEvent(.checkpoint, step: 5), .running, 5, "d5"),
            (RunEvent(.segment, step: 9), .running, 9, nil),
            (RunEvent(.evaluation, step: 5, digest: "d5"), .running, 9, nil),
            (RunEvent(.examination, step: 5, digest: "d5"), .running, 9, nil),
            (RunEvent(.end, step: 9, digest: "d9", outcome: .interrupted), .interrupted, 9, "d9"),
            (RunEvent(.incident, step: 2), .interrupted, 9, "d9"),
            (RunEvent(.resume, step: 5, digest: "d5"), .running, 5, "d5"),
            (RunEvent(.end, outcome: .failed), .failed, 5, "d5"),
            (RunEvent(.evaluation), .failed, 5, "d5"),
        ]
        for (event, state, step, digest) in steps {
            progress = progress.advanced(by: event)
            #expect(progress == RunProgress(recipe: "nano", state: state, step: step, digest: digest), "\(event.kind)")
        }
    }
}
