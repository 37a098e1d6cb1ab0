import Diagnostics
import Foundation
import Storage

/// How git is configured to sign commits, and the signing itself with the same programs that git calls.
struct CommitSigning: Sendable, Equatable {
    var format: SignatureFormat
    /// `ssh-keygen`, `gpg` or `gpgsm`, or what the configuration names instead.
    var program: String
    /// A key file or a public key for SSH; a key id, fingerprint or name for the others.
    var key: String
    /// The configuration that asks for signatures, for messages.
    var origin: String

    /// The signature of `content`, as it goes into a commit.
    ///
    /// Nothing is asked at a terminal: a key with a passphrase must be known to its agent.
    func signature(of content: [UInt8]) throws(Diagnostic) -> String {
        switch format {
        case .ssh: try signedBySSH(content)
        case .openpgp, .x509: try signedByGPG(content)
        }
    }

    private func signedBySSH(_ content: [UInt8]) throws(Diagnostic) -> String {
        let folder = try TemporaryFolder()
        var arguments = ["-Y", "sign", "-n", "git", "-f"]
        if let literal = Self.literalKey(key) {
            let file = folder.path + "/key.pub"
            guard FileManager.default.createFile(atPath: file, contents: Data((literal + "\n").utf8)) else {
                throw folder.failure
            }
            arguments += [file, "-U"]
        } else {
            arguments.append(key)
        }
        // Without an agent a passphrase would be asked for: of a program that never knows it.
        let silent = ["SSH_ASKPASS_REQUIRE": "force", "SSH_ASKPASS": "/bin/false", "DISPLAY": "none"]
        let outcome = try tool().run(arguments, environment: silent, input: content)
        guard outcome.status == 0, outcome.output.hasPrefix(SignatureFormat.ssh.opening) else {
            throw failure(outcome.errors)
        }
        return outcome.output
    }

    private func signedByGPG(_ content: [UInt8]) throws(Diagnostic) -> String {
        let arguments = ["--batch", "--status-fd=2", "-bsau", key]
        let outcome = try tool().run(arguments, input: content)
        guard outcome.status == 0, outcome.errors.contains("[GNUPG:] SIG_CREATED "), !outcome.output.isEmpty else {
            throw failure(outcome.errors)
        }
        return outcome.output
    }

    /// A public key that is given in the configuration itself instead of a file.
    static func literalKey(_ key: String) -> String? {
        if key.hasPrefix("key::") { return String(key.dropFirst("key::".count)) }
        return key.hasPrefix("ssh-") ? key : nil
    }

    private func tool() throws(Diagnostic) -> SystemProgram {
        if let found = SystemProgram(named: program) { return found }
        throw failure("\(program) is not installed")
    }

    private func failure(_ reason: String) -> Diagnostic {
        let lines = reason.split(separator: "\n").filter { !$0.hasPrefix("[GNUPG:]") }
        return Diagnostic(
            "ledger.signing", "the record cannot be signed, as the git configuration asks (commit.gpgsign)",
            at: .init(file: origin), expected: "a signature by \(program) with the key “\(key)”",
            found: lines.joined(separator: "; "),
            remedy: "make the key usable without a question (`ssh-add`, gpg-agent), or turn commit.gpgsign off here")
    }
}

/// The kinds of signatures that git knows, by the names of `gpg.format`.
public enum SignatureFormat: String, Sendable, CaseIterable {
    case openpgp, ssh, x509

    /// How a signature of the kind begins.
    var opening: String {
        switch self {
        case .openpgp: "-----BEGIN PGP SIGNATURE-----"
        case .ssh: "-----BEGIN SSH SIGNATURE-----"
        case .x509: "-----BEGIN SIGNED MESSAGE-----"
        }
    }

    /// The program that makes and checks them unless the configuration names another.
    var standardProgram: String {
        switch self {
        case .openpgp: "gpg"
        case .ssh: "ssh-keygen"
        case .x509: "gpgsm"
        }
    }

    /// The kind that a signature is of.
    init?(of signature: String) {
        // GnuPG in its compatible modes also writes this.
        if signature.hasPrefix("-----BEGIN PGP MESSAGE-----") {
            self = .openpgp
        } else {
            guard let kind = Self.allCases.first(where: { signature.hasPrefix($0.opening) }) else { return nil }
            self = kind
        }
    }
}
