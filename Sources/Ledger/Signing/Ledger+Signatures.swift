import CGit2
import Diagnostics
import Foundation

extension Ledger {
    /// What the signature of a commit is worth, checked by the program that belongs to its kind.
    ///
    /// SSH keys are known by `gpg.ssh.allowedSignersFile` of the git configuration, others by the user's keyring.
    ///
    /// - Parameter commit: 40 hexadecimal digits.
    public func signature(ofCommit commit: String) throws(Diagnostic) -> RecordSignature {
        var id = git_oid()
        try LibGit2.check(git_oid_fromstr(&id, commit), "“\(commit)” is not the name of a commit")
        var (text, content) = (git_buf(), git_buf())
        defer {
            git_buf_dispose(&text)
            git_buf_dispose(&content)
        }
        let status = git_commit_extract_signature(&text, &content, repository, &id, nil)
        if status == GIT_ENOTFOUND.rawValue, LibGit2.lastReason.contains("not signed") {
            return RecordSignature(standing: .none, reason: "the commit is not signed")
        }
        try LibGit2.check(status, "cannot read the signature of \(commit)")
        let signature = text.ptr.map { String(cString: $0) } ?? ""
        let bytes = Array(UnsafeRawBufferPointer(start: content.ptr, count: content.size))
        guard let format = SignatureFormat(of: signature) else {
            return RecordSignature(standing: .unchecked, reason: "it is a signature of an unknown kind")
        }
        let configuration = try GitConfiguration(of: repository)
        let check = SignatureCheck(
            format: format, program: Self.program(format, configuration),
            allowedSigners: configuration.path("gpg.ssh.allowedsignersfile"))
        return try check.result(signature, of: bytes)
    }
}
