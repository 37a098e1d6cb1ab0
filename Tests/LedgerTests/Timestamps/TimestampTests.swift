import Diagnostics
import Foundation
import Integrity
import Testing

@testable import Ledger

@Suite(.enabled(if: TimestampAuthority.isAvailable, "needs the program openssl"))
struct TimestampTests {
    let fixture: GitFixture
    let authority: TimestampAuthority
    let ledger: Ledger
    let run: RunID

    init() throws {
        fixture = try GitFixture()
        try fixture.makeRepository()
        authority = try TimestampAuthority(in: fixture.root + "/authority")
        ledger = try fixture.ledger()
        run = try ledger.begin(nanoManifest(), at: start).run
        _ = try ledger.append(RunEvent(.end, step: 5, digest: "sha256:aa"), to: run, at: start)
    }

    private func stamped() throws -> (commit: String, response: TimestampResponse) {
        let (commit, query) = try ledger.timestampQuery(run)
        let response = try TimestampResponse(authority.answer(query.bytes))
        #expect(response.nonce == query.nonce && response.digest == query.digest)
        return (commit, response)
    }

    @Test func aTimestampIsRecordedAndChecked() throws {
        let before = try ledger.read(run)
        let (commit, response) = try stamped()
        #expect(commit == before.summary.tip)
        #expect(abs(response.time.timeIntervalSinceNow) < 3600)
        #expect(response.signer == "/O=Serre tests/CN=Test clock")
        _ = try ledger.attach(response, to: run, at: start.addingTimeInterval(60))
        let record = try ledger.read(run)
        #expect(record.events.map(\.kind) == [.start, .end, .timestamp])
        #expect(record.events[2].message == "timestamp of \(commit.prefix(10)) by /O=Serre tests/CN=Test clock")
        #expect(record.summary.state == .finished && record.summary.steps == 5 && record.summary.digest == "sha256:aa")
        #expect(try ledger.file(run, "timestamps/\(commit).tsr") == response.bytes)
        let unchecked = try ledger.timestamps(run)
        #expect(unchecked.map(\.isSignatureChecked) == [false])
        let checked = try ledger.timestamps(run, authorities: authority.root)
        #expect(
            checked == [
                TimestampCheck(
                    path: "timestamps/\(commit).tsr", commit: commit, time: response.time, signer: response.signer,
                    isSignatureChecked: true)
            ])
    }

    @Test func plainToolsCheckItToo() throws {
        let (commit, response) = try stamped()
        let bytes = try ledger.commitBytes(commit)
        #expect(String(decoding: bytes, as: UTF8.self).hasPrefix(try fixture.git("cat-file", "commit", commit)))
        #expect(try authority.accepts(response.bytes, of: bytes))
        #expect(try !authority.accepts(response.bytes, of: bytes + [10]))
    }

    @Test func opensslReadsTheQuery() throws {
        let (_, query) = try ledger.timestampQuery(run)
        try Data(query.bytes).write(to: URL(fileURLWithPath: authority.folder + "/own.tsq"))
        let text = try authority.openssl(["ts", "-query", "-in", "own.tsq", "-text"])
        #expect(text.contains("Hash Algorithm: sha256") && text.contains("Certificate required: yes"))
        #expect(text.uppercased().contains(String(query.nonce, radix: 16, uppercase: true)))
    }

    @Test func aSecondTimestampCoversTheFirst() throws {
        let (first, response) = try stamped()
        _ = try ledger.attach(response, to: run, at: start)
        let again = #expect(throws: Diagnostic.self) { try ledger.attach(response, to: run, at: start) }
        #expect(again?.code == "timestamp.taken")
        let (second, renewed) = try stamped()
        #expect(second != first)
        _ = try ledger.attach(renewed, to: run, at: start)
        let checks = try ledger.timestamps(run, authorities: authority.root)
        #expect(checks.map(\.commit) == [first, second])
        #expect(checks.allSatisfy { $0.problem == nil && $0.isSignatureChecked })
    }

    @Test func anAnswerIsMatchedToItsCommitThoughTheRunWentOn() throws {
        let (commit, response) = try stamped()
        _ = try ledger.append(RunEvent(.resume, step: 5), to: run, at: start)
        _ = try ledger.attach(response, to: run, at: start)
        #expect(try ledger.timestamps(run, authorities: authority.root).map(\.commit) == [commit])
        #expect(try ledger.read(run).summary.state == .running)
    }

    @Test func anAnswerOfAnotherRunIsRefused() throws {
        let (_, response) = try stamped()
        let other = try ledger.begin(nanoManifest(suffix: 9), at: start).run
        let error = #expect(throws: Diagnostic.self) { try ledger.attach(response, to: other, at: start) }
        #expect(error?.code == "timestamp.other")
        #expect(try ledger.read(other).events.count == 1)
    }

    @Test func anotherAuthorityIsNotBelieved() throws {
        let (_, response) = try stamped()
        _ = try ledger.attach(response, to: run, at: start)
        let stranger = try TimestampAuthority(in: fixture.root + "/stranger")
        let check = try #require(try ledger.timestamps(run, authorities: stranger.root).first)
        #expect(check.problem?.contains("not signed by an authority") == true)
        #expect(!check.isSignatureChecked)
        let none = try #require(try ledger.timestamps(run, authorities: fixture.root + "/nothing.pem").first)
        #expect(none.problem?.contains("no certificates") == true)
    }

    /// A changed bit of an answer makes it unreadable, of something else, or unsigned; or it changes nothing that is
    /// said, in the parts that no signature covers (the root certificate sent along, the status), and openssl agrees.
    @Test func aFlippedBitIsFound() throws {
        let (commit, response) = try stamped()
        let content = try ledger.commitBytes(commit)
        var (found, harmless) = (0, 0)
        for position in stride(from: 0, to: response.bytes.count, by: 7) {
            var bytes = response.bytes
            bytes[position] ^= 1 << UInt8(position % 8)
            guard let changed = try? TimestampResponse(bytes), changed.digest == response.digest,
                (try? changed.verify(authorities: authority.root)) != nil
            else {
                found += 1
                continue
            }
            harmless += 1
            #expect(try authority.accepts(bytes, of: content), "byte \(position)")
            #expect(changed.time == response.time && changed.serial == response.serial, "byte \(position)")
            #expect(changed.signer == response.signer, "byte \(position)")
        }
        #expect(found > 2 * harmless, "\(found) found, \(harmless) harmless")
    }

    @Test(arguments: [[], [0x30, 0x00], Array("<html>no</html>".utf8)] as [[UInt8]])
    func whatIsNoAnswerIsSaidToBeNone(bytes: [UInt8]) throws {
        let error = #expect(throws: Diagnostic.self) { try TimestampResponse(bytes, file: "x.tsr") }
        #expect(error?.code == "timestamp.response" && error?.location?.file == "x.tsr")
    }

    @Test func aRefusalIsSaid() throws {
        // An authority that accepts SHA-512 alone refuses our query.
        let path = authority.folder + "/tsa.cnf"
        let text = try String(contentsOfFile: path, encoding: .utf8)
        try text.replacing("digests = sha256", with: "digests = sha512").write(
            toFile: path, atomically: true, encoding: .utf8)
        let (_, query) = try ledger.timestampQuery(run)
        let answer = try authority.answer(query.bytes)
        let error = #expect(throws: Diagnostic.self) { try TimestampResponse(answer) }
        #expect(error?.code == "timestamp.refused" && error?.exitStatus == 1)
    }

    @Test func verificationSaysWhatIsWrong() throws {
        let (_, response) = try stamped()
        _ = try ledger.attach(response, to: run, at: start)
        var report = try ledger.verifyRecord(run)
        #expect(report.problems.isEmpty, "\(report)")
        try ledger.verifyTimestamps(run, into: &report)
        #expect(report.isIntact && report.remarks.count == 1)
        let stranger = try TimestampAuthority(in: fixture.root + "/stranger")
        try ledger.verifyTimestamps(run, authorities: stranger.root, into: &report)
        #expect(report.problems.count == 1 && !report.isIntact)
        #expect(report.checked.last == .init(what: "timestamps", count: 2))
    }

    @Test func aMovedTimestampIsFound() throws {
        let (commit, response) = try stamped()
        let first = try ledger.read(run).events[0].commit
        let file = RecordFile(path: "timestamps/\(first).tsr", content: response.bytes)
        _ = try ledger.append(RunEvent(.timestamp, files: [file]), to: run, at: start)
        let check = try #require(try ledger.timestamps(run).first)
        #expect(check.commit == first && first != commit)
        #expect(check.problem?.contains("not of the commit that its name says") == true)
    }
}
