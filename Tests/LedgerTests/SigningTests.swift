import Diagnostics
import Foundation
import Testing

@testable import Ledger

/// Records are signed when git is configured to, with the same keys and programs, and git accepts the signatures.
@Suite struct SigningTests {
    static let hasSSH = WriterProcess.has("ssh-keygen")
    static let hasGPG = WriterProcess.has("gpg")

    /// A repository whose commits are to be signed with an SSH key of `ada@example.org`.
    private func makeSSHRepository(passphrase: String = "") throws -> GitFixture {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let made = try WriterProcess.run(
            """
            ssh-keygen -q -t ed25519 -N '\(passphrase)' -C ada@example.org -f key
            ssh-keygen -q -t ed25519 -N '' -C eve@example.org -f other
            echo "ada@example.org $(cat key.pub)" >allowed
            """, in: fixture.root)
        #expect(made.status == 0, "\(made)")
        try fixture.git("config", "commit.gpgsign", "true")
        try fixture.git("config", "gpg.format", "ssh")
        try fixture.git("config", "user.signingkey", fixture.root + "/key")
        try fixture.git("config", "gpg.ssh.allowedSignersFile", fixture.root + "/allowed")
        return fixture
    }

    /// A run of a few events in a signing repository; every commit, oldest first.
    private func record(_ fixture: GitFixture) throws -> (Ledger, [String]) {
        let ledger = try fixture.ledger()
        try ledger.checkSigning()
        let run = try ledger.begin(nanoManifest(), at: start).run
        _ = try ledger.append(RunEvent(.segment, step: 5, message: "a title\nand a text"), to: run, at: start)
        _ = try ledger.append(RunEvent(.end, step: 9), to: run, at: start)
        return (ledger, try ledger.read(run).events.map(\.commit))
    }

    /// Writes a commit as it is, but for a changed word in its message; the new commit.
    private func altered(_ commit: String, _ fixture: GitFixture) throws -> String {
        let text = try fixture.git("cat-file", "commit", commit)
        let changed = text.replacing("Serre-Last-Step: 9", with: "Serre-Last-Step: 8")
        #expect(changed != text)
        try fixture.write(changed + "\n", to: "altered")
        return try fixture.git("hash-object", "-t", "commit", "-w", fixture.root + "/altered")
    }

    @Test(.enabled(if: hasSSH, "needs ssh-keygen")) func withAnSSHKey() throws {
        let fixture = try makeSSHRepository()
        let (ledger, commits) = try record(fixture)
        #expect(try ledger.isSigning)
        #expect(commits.count == 3)
        for commit in commits {
            try fixture.git("verify-commit", commit)
            let found = try ledger.signature(ofCommit: commit)
            #expect(found.standing == .good && found.format == .ssh, "\(found)")
            #expect(found.signer == "ada@example.org")
            #expect(found.key?.hasPrefix("SHA256:") == true)
        }
        #expect(try fixture.git("fsck", "--strict", "--no-dangling").isEmpty)
        let bad = try altered(commits[2], fixture)
        _ = try fixture.git("verify-commit", bad, status: 1)
        #expect(try ledger.signature(ofCommit: bad).standing == .bad)
        #expect(try ledger.signature(ofCommit: fixture.git("rev-parse", "HEAD")).standing == .none)
    }

    @Test(.enabled(if: hasSSH, "needs ssh-keygen")) func whoseKeyItIsMustBeKnown() throws {
        let fixture = try makeSSHRepository()
        let (ledger, commits) = try record(fixture)
        try fixture.write(
            "eve@example.org \(String(contentsOfFile: fixture.root + "/other.pub", encoding: .utf8))", to: "allowed")
        let stranger = try ledger.signature(ofCommit: commits[0])
        #expect(stranger.standing == .unknownKey && stranger.signer == nil, "\(stranger)")
        #expect(stranger.reason.contains("allowed"))
        let key = try String(contentsOfFile: fixture.root + "/key.pub", encoding: .utf8)
        try fixture.write("ada@example.org valid-before=\"20200101\" \(key)", to: "allowed")
        #expect(try ledger.signature(ofCommit: commits[0]).standing != .good)
        try fixture.remove("allowed")
        let unlisted = try ledger.signature(ofCommit: commits[0])
        #expect(unlisted.standing == .unknownKey)
        #expect(unlisted.reason.contains("allowedSignersFile"))
        let bad = try altered(commits[2], fixture)
        #expect(try ledger.signature(ofCommit: bad).standing == .bad, "which needs no known key")
    }

    @Test(.enabled(if: hasSSH, "needs ssh-keygen")) func aKeyThatCannotBeUsedIsSaidBeforehand() throws {
        let fixture = try makeSSHRepository(passphrase: "of a person")
        let locked = #expect(throws: Diagnostic.self) { try fixture.ledger().checkSigning() }
        #expect(locked?.code == "ledger.signing" && locked?.exitStatus == 2, "\(String(describing: locked))")
        #expect(locked?.remedy?.contains("ssh-add") == true)
        try fixture.git("config", "user.signingkey", fixture.root + "/nothing")
        let missing = #expect(throws: Diagnostic.self) { try fixture.ledger().begin(nanoManifest(), at: start) }
        #expect(missing?.code == "ledger.signing")
        #expect(missing?.expected?.contains("/nothing") == true)
        try fixture.git("config", "--unset", "user.signingkey")
        #expect(throws: Diagnostic.self) { try fixture.ledger().checkSigning() }
        try fixture.git("config", "gpg.format", "wax")
        let wax = #expect(throws: Diagnostic.self) { try fixture.ledger().checkSigning() }
        #expect(wax?.location?.key == "gpg.format" && wax?.found == "wax")
        try fixture.git("config", "gpg.format", "ssh")
        try fixture.git("config", "gpg.ssh.program", "no-such-program")
        try fixture.git("config", "user.signingkey", fixture.root + "/other")
        let none = #expect(throws: Diagnostic.self) { try fixture.ledger().checkSigning() }
        #expect(none?.found?.contains("not installed") == true)
        #expect(try fixture.ledger().runs().isEmpty)
        try fixture.git("config", "commit.gpgsign", "off")
        try fixture.ledger().checkSigning()
        #expect(try fixture.ledger().isSigning == false)
    }

    @Test(.enabled(if: hasGPG, "needs gpg")) func withAnOpenPGPKey() throws {
        let fixture = try GitFixture()
        try fixture.makeRepository()
        let made = try WriterProcess.run(
            """
            mkdir -m 700 keyring
            printf '#!/bin/sh\\nexec gpg --homedir %s "$@"\\n' "$PWD/keyring" >gpg
            chmod +x gpg
            ./gpg --batch --quiet --pinentry-mode loopback --passphrase '' --quick-generate-key 'Ada <ada@example.org>' ed25519 sign
            """, in: fixture.root)
        #expect(made.status == 0, "\(made)")
        try fixture.git("config", "commit.gpgsign", "true")
        try fixture.git("config", "gpg.program", fixture.root + "/gpg")
        // Without user.signingkey git asks for the key of the committer.
        try fixture.git("config", "user.name", "Ada")
        try fixture.git("config", "user.email", "ada@example.org")
        let (ledger, commits) = try record(fixture)
        for commit in commits {
            try fixture.git("verify-commit", commit)
            let found = try ledger.signature(ofCommit: commit)
            #expect(found.standing == .good && found.format == .openpgp, "\(found)")
            #expect(found.signer == "Ada <ada@example.org>")
        }
        let bad = try altered(commits[2], fixture)
        #expect(try ledger.signature(ofCommit: bad).standing == .bad)
        // The agent of the keyring goes with its folder.
        try fixture.git("config", "user.signingkey", "nobody@example.org")
        let error = #expect(throws: Diagnostic.self) { try fixture.ledger().checkSigning() }
        #expect(error?.code == "ledger.signing")
        _ = try WriterProcess.run("rm -r keyring; mkdir -m 700 keyring", in: fixture.root)
        let stranger = try ledger.signature(ofCommit: commits[0])
        #expect(stranger.standing == .unknownKey, "\(stranger)")
        _ = try WriterProcess.run("gpgconf --homedir keyring --kill all", in: fixture.root)
    }
}
