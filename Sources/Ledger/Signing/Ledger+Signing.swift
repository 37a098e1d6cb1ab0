import CGit2
import Diagnostics
import Foundation
import Storage

extension Ledger {
    /// Signs something with the key that git is configured to sign commits with, if it is (`commit.gpgsign`).
    ///
    /// To be called before training starts: a key that is not there, or whose passphrase its agent does not know, is
    /// reported as `ledger.signing`. The key's kind is that of `gpg.format`, the key that of `user.signingkey`.
    public func checkSigning() throws(Diagnostic) {
        guard let signing = try signing(), !isSigningChecked else { return }
        _ = try signing.signature(of: Array("serre\n".utf8))
        isSigningChecked = true
    }

    /// Whether records here are signed.
    public var isSigning: Bool {
        get throws(Diagnostic) { try signing() != nil }
    }

    /// How commits are signed; `nil` when the configuration does not ask for it.
    func signing() throws(Diagnostic) -> CommitSigning? {
        if let known = knownSigning { return known }
        let found = try configuredSigning()
        knownSigning = .some(found)
        return found
    }

    private func configuredSigning() throws(Diagnostic) -> CommitSigning? {
        let configuration = try GitConfiguration(of: repository)
        guard try configuration.truth("commit.gpgsign") else { return nil }
        let format = try Self.format(configuration, at: repositoryPath)
        return CommitSigning(
            format: format, program: Self.program(format, configuration),
            key: try key(format, configuration), origin: repositoryPath)
    }

    private static func format(
        _ configuration: GitConfiguration, at place: String
    ) throws(Diagnostic) -> SignatureFormat {
        guard let name = configuration.text("gpg.format") else { return .openpgp }
        guard let format = SignatureFormat(rawValue: name) else {
            throw Diagnostic(
                "ledger.signing", "git has no such kind of signature", at: .init(file: place, key: "gpg.format"),
                expected: SignatureFormat.allCases.map(\.rawValue).joined(separator: ", "), found: name)
        }
        return format
    }

    static func program(_ format: SignatureFormat, _ configuration: GitConfiguration) -> String {
        let older = format == .openpgp ? configuration.path("gpg.program") : nil
        return configuration.path("gpg.\(format.rawValue).program") ?? older ?? format.standardProgram
    }

    private func key(_ format: SignatureFormat, _ configuration: GitConfiguration) throws(Diagnostic) -> String {
        if let key = configuration.text("user.signingkey") {
            guard format == .ssh, CommitSigning.literalKey(key) == nil else { return key }
            return configuration.path("user.signingkey") ?? key
        }
        if format != .ssh { return try committer() }
        if let command = configuration.text("gpg.ssh.defaultkeycommand"),
            let outcome = try SystemProgram(named: "sh")?.run(["-c", command]), outcome.status == 0,
            let line = outcome.output.split(separator: "\n").first.map(String.init),
            CommitSigning.literalKey(line) != nil
        {
            return line
        }
        throw Diagnostic(
            "ledger.signing", "commits are to be signed, but no key is named", at: .init(file: repositoryPath),
            expected: "user.signingkey in the git configuration",
            remedy: "`git config user.signingkey PATH-OF-THE-KEY`, or turn commit.gpgsign off here")
    }

    /// The name and address that the record's commits carry.
    private func committer() throws(Diagnostic) -> String {
        let author = try self.author(at: Date(timeIntervalSince1970: 0))
        defer { git_signature_free(author) }
        return "\(String(cString: author.pointee.name)) <\(String(cString: author.pointee.email))>"
    }
}
