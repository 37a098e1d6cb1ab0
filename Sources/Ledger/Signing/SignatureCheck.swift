import Diagnostics
import Foundation
import Storage

/// Checking a signature with the program that belongs to its kind.
struct SignatureCheck {
    var format: SignatureFormat
    var program: String
    /// The file of SSH keys and whose they are.
    var allowedSigners: String?

    /// What `signature` says about `content`.
    func result(_ signature: String, of content: [UInt8]) throws(Diagnostic) -> RecordSignature {
        let folder = try TemporaryFolder()
        let file = folder.path + "/signature"
        guard FileManager.default.createFile(atPath: file, contents: Data(signature.utf8)) else {
            throw folder.failure
        }
        let found = try format == .ssh ? ssh(file, content) : gpg(file, content)
        return found ?? RecordSignature(standing: .unchecked, format: format, reason: "\(program) is not installed")
    }

    // MARK: SSH

    private func ssh(_ file: String, _ content: [UInt8]) throws(Diagnostic) -> RecordSignature? {
        guard let tool = SystemProgram(named: program) else { return nil }
        // What the signature itself says comes first: an altered commit must not read as an unknown key.
        let fit = try tool.run(["-Y", "check-novalidate", "-n", "git", "-s", file], input: content)
        let key = fit.output.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("SHA256:") }.map(String.init)
        guard fit.status == 0 else { return make(.bad, key: key, "it does not fit the commit: \(line(fit))") }
        guard let allowedSigners, FileManager.default.fileExists(atPath: allowedSigners) else {
            return make(.unknownKey, key: key, "gpg.ssh.allowedSignersFile names no file that says whose key it is")
        }
        let search = try tool.run(["-Y", "find-principals", "-f", allowedSigners, "-s", file])
        let signer = search.output.split(separator: "\n").first.map(String.init)
        guard search.status == 0, let signer else {
            return make(.unknownKey, key: key, "\(allowedSigners) does not hold the key")
        }
        let arguments = ["-Y", "verify", "-n", "git", "-f", allowedSigners, "-I", signer, "-s", file]
        let outcome = try tool.run(arguments, input: content)
        guard outcome.status == 0 else {
            return make(.invalidKey, signer: signer, key: key, "the key is not valid for it: \(line(outcome))")
        }
        return make(.good, signer: signer, key: key, "it fits the commit, and the key is that of \(signer)")
    }

    // MARK: OpenPGP and X.509

    private func gpg(_ file: String, _ content: [UInt8]) throws(Diagnostic) -> RecordSignature? {
        let arguments = ["--batch", "--keyid-format=long", "--status-fd=1", "--verify", file, "-"]
        guard let tool = SystemProgram(named: program) else { return nil }
        let outcome = try tool.run(arguments, input: content)
        for line in outcome.output.split(separator: "\n") where line.hasPrefix("[GNUPG:] ") {
            let words = line.dropFirst("[GNUPG:] ".count).split(separator: " ", maxSplits: 2).map(String.init)
            guard words.count >= 2 else { continue }
            let (key, signer) = (words[1], words.count > 2 ? words[2] : nil)
            switch words[0] {
            case "GOODSIG":
                return make(.good, signer: signer, key: key, "it fits the commit, and the key is in the keyring")
            case "BADSIG": return make(.bad, signer: signer, key: key, "it does not fit the commit")
            case "EXPSIG", "EXPKEYSIG":
                return make(.invalidKey, signer: signer, key: key, "the signature or its key has expired")
            case "REVKEYSIG": return make(.invalidKey, signer: signer, key: key, "the key was revoked")
            case "ERRSIG": return make(.unknownKey, key: key, "the keyring does not hold the key")
            default: continue
            }
        }
        return make(.bad, "it cannot be read: \(line(outcome))")
    }

    private func make(
        _ standing: RecordSignature.Standing, signer: String? = nil, key: String? = nil, _ reason: String
    ) -> RecordSignature {
        RecordSignature(standing: standing, format: format, signer: signer, key: key, reason: reason)
    }

    /// The first thing that a program said.
    private func line(_ outcome: SystemProgram.Outcome) -> String {
        let lines = (outcome.errors + "\n" + outcome.output).split(separator: "\n")
        return lines.first.map(String.init) ?? "status \(outcome.status)"
    }
}
