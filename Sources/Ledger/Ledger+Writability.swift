import CGit2
import Diagnostics
import Foundation

extension Ledger {
    /// Whether records cannot be written here; ``checkWritable()`` says why.
    public var isReadOnly: Bool {
        do throws(Diagnostic) {
            try checkWritable()
            return false
        } catch {
            return true
        }
    }

    /// Tries to write where objects and run references go, and removes what it wrote.
    ///
    /// To be called before training starts: the diagnostic names the folder that refuses and what to do. Permission bits
    /// are not asked, since they mislead on read-only file systems and for root.
    public func checkWritable() throws(Diagnostic) {
        let common = git_repository_commondir(repository).map { String(cString: $0) } ?? repositoryPath
        let token = "\(getpid())-\(UInt32.random(in: 0...UInt32.max))"
        // Names that git itself would sweep up or ignore, should the process die between the two system calls.
        try probe(folder: common + "objects", name: "tmp_obj_serre-\(token)")
        var folder = common + "refs"
        for part in RecordFormat.referencePrefix.split(separator: "/").dropFirst() {
            folder += "/\(part)"
            guard mkdir(folder, 0o777) == 0 || errno == EEXIST else { throw readOnly(folder) }
        }
        try probe(folder: folder, name: ".serre-\(token).lock")
    }

    private func probe(folder: String, name: String) throws(Diagnostic) {
        let path = "\(folder)/\(name)"
        let file = Foundation.open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o600)
        guard file >= 0 else { throw readOnly(folder) }
        // At once, so that no death from here on leaves it behind.
        unlink(path)
        let written = write(file, "serre\n", 6)
        let flushed = fsync(file)
        let reason = errno
        close(file)
        errno = reason
        guard written == 6, flushed == 0 else { throw readOnly(folder) }
    }

    private func readOnly(_ folder: String) -> Diagnostic {
        let reason = String(cString: strerror(errno))
        return Diagnostic(
            "ledger.read-only", "the run cannot be recorded, because the git repository cannot be written: \(reason)",
            at: .init(file: folder),
            remedy: "make this path writable for you, or start the run from a folder outside this repository")
    }
}
