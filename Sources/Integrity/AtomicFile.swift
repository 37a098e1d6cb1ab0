import Diagnostics
import Foundation

/// Writes whole files so that a reader sees the old content or the new one, never a part.
///
/// The bytes go to a temporary name in the same folder, are flushed to the disk (`fsync`), and take the final name by
/// `rename`; the folder is flushed too. On any error the temporary file is removed and a ``Diagnostic`` of kind
/// `.failure` names the path and the reason.
public enum AtomicFile {
    /// Writes one piece of memory to `path`.
    public static func write(_ bytes: UnsafeRawBufferPointer, to path: String) throws(Diagnostic) {
        try write(to: path) { (append) throws(Diagnostic) in try append(bytes) }
    }

    /// Writes text as UTF-8 to `path`.
    public static func write(_ text: String, to path: String) throws(Diagnostic) {
        try write(Array(text.utf8), to: path)
    }

    /// Writes bytes to `path`.
    public static func write(_ bytes: [UInt8], to path: String) throws(Diagnostic) {
        try write(to: path) { (append) throws(Diagnostic) in
            var failure: Diagnostic?
            bytes.withUnsafeBytes { raw in
                do throws(Diagnostic) { try append(raw) } catch { failure = error }
            }
            if let failure { throw failure }
        }
    }

    /// Writes what `body` appends, piece by piece, to `path`.
    public static func write(
        to path: String,
        _ body: (_ append: (UnsafeRawBufferPointer) throws(Diagnostic) -> Void) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        let temporary = "\(path).\(getpid()).partial"
        let file = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard file >= 0 else { throw failure("cannot create", path) }
        do throws(Diagnostic) {
            try body { (bytes) throws(Diagnostic) in try appendAll(bytes, to: file, path) }
            guard fsync(file) == 0 else { throw failure("cannot flush", path) }
        } catch {
            close(file)
            unlink(temporary)
            throw error
        }
        guard close(file) == 0, rename(temporary, path) == 0 else {
            let error = failure("cannot finish", path)
            unlink(temporary)
            throw error
        }
        flushFolder(of: path)
    }

    /// Flushes the folder that holds `path`, so that a rename in it survives a power cut.
    public static func flushFolder(of path: String) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if handle >= 0 {
            _ = fsync(handle)
            close(handle)
        }
    }

    static func appendAll(
        _ bytes: UnsafeRawBufferPointer, to file: Int32, _ path: String
    ) throws(Diagnostic) {
        var rest = bytes[...]
        while !rest.isEmpty {
            let written = Foundation.write(file, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
            if written < 0, errno == EINTR { continue }
            guard written > 0 else { throw failure("cannot write", path) }
            rest = rest.dropFirst(written)
        }
    }

    static func failure(_ what: String, _ path: String) -> Diagnostic {
        let reason = String(cString: strerror(errno))
        let full = errno == ENOSPC || errno == EDQUOT
        return Diagnostic(
            full ? "file.no-space" : "file.write", "\(what) the file: \(reason)", at: .init(file: path),
            remedy: full ? "free some space or choose another folder; nothing was left half-written" : nil,
            kind: .failure)
    }
}
