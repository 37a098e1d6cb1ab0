import Foundation
import Testing

@testable import Fabrics

@Suite struct PeerProcessTests {
    /// Starts a process that does nothing, watched as a peer.
    private func sleeper() throws -> (Process, PeerProcess) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
        process.arguments = ["sleep", "60"]
        try process.run()
        let announcement = Announcement(
            machine: Announcement.thisMachine, process: process.processIdentifier, flag: -1, name: "here")
        return (process, try #require(PeerProcess(host: 3, announcement)))
    }

    @Test func theEndOfAProcessIsSeen() throws {
        let (process, peer) = try sleeper()
        #expect(!peer.hasEnded && !peer.isStopped && peer.intent == .running)
        kill(process.processIdentifier, SIGSTOP)
        for _ in 0..<500 where !peer.isStopped { usleep(10_000) }
        #expect(peer.isStopped && !peer.hasEnded)
        kill(process.processIdentifier, SIGKILL)
        for _ in 0..<500 where !peer.hasEnded { usleep(10_000) }
        #expect(peer.hasEnded)
        process.waitUntilExit()
        // Older systems than Linux 6.15 do not tell.
        #expect([nil, "by signal 9 (SIGKILL)"].contains(peer.end))
    }

    @Test func processesOfOtherMachinesAreNotWatched() throws {
        var announcement = Announcement.own(flag: -1)
        #expect(PeerProcess(host: 1, announcement) != nil)
        announcement.machine += "x"
        #expect(PeerProcess(host: 1, announcement) == nil)
    }

    @Test func announcementsSurviveTheWire() throws {
        let own = Announcement.own(flag: 5)
        #expect(Announcement(own.bytes) == own)
        for text in ["", "a b c d", "a 1 2", "a 1 2 b c", "a 99999999999 2 b"] {
            #expect(Announcement(Array(text.utf8)) == nil, "\(text)")
        }
    }

    @Test(arguments: [
        (0, "with exit status 0"), (0x100, "with exit status 1"), (9, "by signal 9 (SIGKILL)"),
        (0x8B, "by signal 11 (SIGSEGV)"), (64, "by signal 64"),
    ])
    func statusesInWords(status: Int32, words: String) {
        #expect(PeerProcess.words(waitStatus: status) == words)
    }
}

@Suite struct HangReportTests {
    private func sentence(_ answers: [String?], state: String? = nil) -> String {
        HangReport(host: 0, waited: .milliseconds(2500), answers: answers) {
            "rank \($0)"
        } state: { _ in
            state
        }
        .diagnostic.description
    }

    @Test func theSilentOneIsNamed() {
        let text = sentence(["waits for rank 1", nil, "step 4, rank 2 waits for rank 1"], state: "it is stopped")
        #expect(text.contains("process 0 has waited 2.5 s for others"))
        #expect(text.contains("process 1 (rank 1) does not answer: it is stopped"))
        #expect(
            text.contains("process 0 (rank 0): waits for rank 1; process 2 (rank 2): step 4, rank 2 waits for rank 1"))
        #expect(!text.contains("process 1 (rank 1):"))
    }

    @Test func whenAllAnswerNobodyIsSilent() {
        let text = sentence(["a", "b"])
        #expect(text.contains("all processes answer") && !text.contains("does not answer"))
    }
}
