import Diagnostics
import Foundation
import Testing

@testable import Ledger

@Suite struct RunExchangeTests {
    /// Two clones of one bare repository, `one` and `two`, and a run recorded in `one`.
    private func clones() throws -> (GitFixture, RunID) {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        try fixture.git("clone", "-q", "--bare", "repo", "hub.git", at: "")
        for name in ["one", "two"] { try fixture.git("clone", "-q", "hub.git", name, at: "") }
        return (fixture, try fixture.ledger("one").begin(nanoManifest(), at: start).run)
    }

    private func exchange(_ fixture: GitFixture, _ name: String) throws -> RunExchange {
        try RunExchange(try fixture.ledger(name), remote: "origin")
    }

    private func outcomes(_ items: [RunExchange.Item]) -> [RunExchange.Outcome] { items.map(\.outcome) }

    private func append(_ fixture: GitFixture, _ name: String, _ run: RunID, step: Int) throws {
        _ = try fixture.ledger(name).append(RunEvent(.segment, step: step), to: run, at: start)
    }

    @Test func runsGoForwardOnBothSides() throws {
        let (fixture, run) = try clones()
        let (one, two) = (try exchange(fixture, "one"), try exchange(fixture, "two"))
        #expect(try two.fetch().isEmpty)
        #expect(try outcomes(one.push()) == [.new])
        #expect(try outcomes(one.push()) == [.same])
        #expect(try outcomes(two.fetch()) == [.new])
        try append(fixture, "one", run, step: 1)
        #expect(try outcomes(two.fetch()) == [.same])
        #expect(try outcomes(one.push([run])) == [.updated])
        #expect(try outcomes(two.push()) == [.ahead])
        #expect(try outcomes(two.fetch([run.text])) == [.updated])
        #expect(try fixture.ledger("two").verifyRecord(run).isIntact)
        try append(fixture, "two", run, step: 2)
        #expect(try outcomes(two.fetch()) == [.ahead])
        // Branches and configuration of both are as git clone made them.
        for name in ["one", "two"] {
            #expect(
                try fixture.git("config", "--get-all", "remote.origin.fetch", at: name)
                    == "+refs/heads/*:refs/remotes/origin/*")
            #expect(try fixture.git("for-each-ref", "--format=%(refname)", "refs/heads", at: name) == "refs/heads/main")
        }
    }

    @Test func aRunThatPartedIsRefusedAndStays() throws {
        let (fixture, run) = try clones()
        let (one, two) = (try exchange(fixture, "one"), try exchange(fixture, "two"))
        _ = try one.push()
        _ = try two.fetch()
        let other = try fixture.ledger("two").begin(nanoManifest(suffix: 1), at: start).run
        try append(fixture, "one", run, step: 1)
        try append(fixture, "two", run, step: 2)
        _ = try one.push()
        let tip = try fixture.git("rev-parse", "refs/serre/runs/\(run)", at: "two")
        let fetched = try two.fetch()
        #expect(outcomes(fetched) == [.diverged] && fetched[0].note?.contains("both have events") == true)
        #expect(try fixture.git("rev-parse", "refs/serre/runs/\(run)", at: "two") == tip)
        // The other run is sent all the same.
        let sent = try two.push()
        #expect(Set(sent.map(\.run)) == [run.text, other.text])
        #expect(sent.first { $0.run == run.text }?.outcome == .diverged)
        #expect(sent.first { $0.run == other.text }?.outcome == .new)
        #expect(try fixture.git("rev-parse", "refs/serre/runs/\(run)", at: "hub.git") != tip)
    }

    @Test func configuringIsOnDemandAndOnce() throws {
        let (fixture, _) = try clones()
        _ = try exchange(fixture, "one").push()
        let two = try exchange(fixture, "two")
        #expect(try two.configure() == "remote.origin.fetch = refs/serre/runs/*:refs/serre/runs/*")
        #expect(try two.configure() == nil)
        try fixture.git("fetch", "-q", at: "two")
        #expect(try fixture.ledger("two").runs().count == 1)
        let error = #expect(throws: Diagnostic.self) {
            try RunExchange(fixture.ledger("two"), remote: fixture.root + "/hub.git").configure()
        }
        #expect(error?.code == "exchange.no-remote")
    }

    @Test func worksWithAPlaceInsteadOfAName() throws {
        let (fixture, _) = try clones()
        let exchange = try RunExchange(try fixture.ledger("one"), remote: fixture.root + "/hub.git")
        #expect(try outcomes(exchange.push()) == [.new])
    }

    @Test func saysWhyNothingWorks() throws {
        let (fixture, run) = try clones()
        for remote in ["", "--upload-pack=evil"] {
            #expect(throws: Diagnostic.self) { try RunExchange(try fixture.ledger("one"), remote: remote) }
        }
        let nowhere = try RunExchange(try fixture.ledger("one"), remote: fixture.root + "/nowhere.git")
        for attempt in [{ _ = try nowhere.push() }, { _ = try nowhere.fetch() }] as [() throws -> Void] {
            let error = #expect(throws: Diagnostic.self) { try attempt() }
            #expect(error?.code == "exchange.git" && error?.kind == .failure)
            #expect(error?.message.contains("nowhere.git") == true)
        }
        _ = try exchange(fixture, "one").push()
        let unknown = #expect(throws: Diagnostic.self) { try exchange(fixture, "two").fetch([run.next.text]) }
        #expect(unknown?.code == "exchange.unknown-run" && unknown?.remedy == "did you mean \(run)?")
    }

    @Test func aRemoteThatRefusesIsSaidToHaveRefused() throws {
        let (fixture, _) = try clones()
        // What a server does that keeps some references to itself.
        try fixture.write(
            "#!/bin/sh\necho 'records are not welcome' >&2\nexit 1\n", to: "hub.git/hooks/update", executable: true)
        let items = try exchange(fixture, "one").push()
        #expect(outcomes(items) == [.refused])
        #expect(items[0].note?.contains("hook declined") == true)
        #expect(try fixture.git("for-each-ref", "refs/serre", at: "hub.git").isEmpty)
    }
}
