import Diagnostics
import Foundation

/// Writes whole files so that a reader sees the old content or the new one, never a part.
///
/// The bytes go to a temporary name in the same folder, are flushed to the disk (`fsync`), and take the final name by
/// `rename`; the folder is flushed too. On any error the temporary file is removed and a `Diagnostic` of kind
/// `.failure` names the path and the reason.
public enum AtomicFile {
    /// Writes one piece of memory to `path`.
    public static func write(
        _ bytes: UnsafeRawBufferPointer, to path: String, on files: any FileSystem = SystemFiles()
    ) throws(Diagnostic) {
        try write(to: path, on: files) { (append) throws(Diagnostic) in try append(bytes) }
    }

    /// Writes text as UTF-8 to `path`.
    public static func write(
        _ text: String, to path: String, on files: any FileSystem = SystemFiles()
    ) throws(Diagnostic) {
        try write(Array(text.utf8), to: path, on: files)
    }

    /// Writes bytes to `path`.
    public static func write(
        _ bytes: [UInt8], to path: String, on files: any FileSystem = SystemFiles()
    ) throws(Diagnostic) {
        try write(to: path, on: files) { (append) throws(Diagnostic) in
            var failure: Diagnostic?
            bytes.withUnsafeBytes { raw in
                do throws(Diagnostic) { try append(raw) } catch { failure = error }
            }
            if let failure { throw failure }
        }
    }

    /// Writes what `body` appends, piece by piece, to `path`.
    public static func write(
        to path: String, on files: any FileSystem = SystemFiles(),
        _ body: (_ append: (UnsafeRawBufferPointer) throws(Diagnostic) -> Void) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        let temporary = "\(path).\(getpid()).partial"
        do throws(Diagnostic) {
            let file = try files.create(temporary)
            do throws(Diagnostic) {
                try body { (bytes) throws(Diagnostic) in try appendAll(bytes, to: file) }
                try file.flush()
            } catch {
                try? file.close()
                throw error
            }
            try file.close()
            try files.rename(temporary, to: path)
        } catch {
            files.remove(temporary)
            var named = error
            // The temporary name means nothing to anybody.
            if named.location?.file == temporary { named.location = .init(file: path) }
            throw named
        }
        files.flushFolder(of: path)
    }

    /// Flushes the folder that holds `path`, so that a rename in it survives a power cut.
    public static func flushFolder(of path: String) { SystemFiles().flushFolder(of: path) }

    private static func appendAll(
        _ bytes: UnsafeRawBufferPointer, to file: any WritableFile
    ) throws(Diagnostic) {
        var rest = bytes[...]
        while !rest.isEmpty { rest = rest.dropFirst(try file.append(UnsafeRawBufferPointer(rebasing: rest))) }
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
