import Diagnostics
import Foundation

/// A file that is written piece by piece under a temporary name, and takes its own name whole or not at all.
///
/// For writers that outlive one function; ``AtomicFile`` is the shorter way where a closure will do. Without `finish()`
/// nothing is left. Errors are those of ``AtomicFile``.
public final class PartialFile {
    /// The name that the file will take.
    public let path: String
    private let temporary: String
    private var handle: Int32
    private var buffer: [UInt8] = []
    private static let bufferSize = 1 << 20

    /// Creates the temporary file beside `path`.
    public init(_ path: String) throws(Diagnostic) {
        self.path = path
        temporary = "\(path).\(getpid()).partial"
        handle = open(temporary, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard handle >= 0 else { throw AtomicFile.failure("cannot create", path) }
        buffer.reserveCapacity(Self.bufferSize)
    }

    deinit {
        guard handle >= 0 else { return }
        close(handle)
        unlink(temporary)
    }

    /// Appends bytes.
    public func append(_ bytes: UnsafeRawBufferPointer) throws(Diagnostic) {
        if buffer.count + bytes.count > Self.bufferSize { try flush() }
        if bytes.count >= Self.bufferSize { return try appendAll(bytes) }
        buffer += bytes
    }

    /// Writes bytes over those at `offset`; the end of the file stays where it is.
    public func overwrite(_ bytes: [UInt8], at offset: Int) throws(Diagnostic) {
        try flush()
        var written = 0
        while written < bytes.count {
            let count = bytes.withUnsafeBytes { raw in
                pwrite(handle, raw.baseAddress?.advanced(by: written), bytes.count - written, offset + written)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { throw AtomicFile.failure("cannot write", path) }
            written += count
        }
    }

    /// Reads back what has been written: `count` bytes from `offset` on, fewer at the end of the file.
    public func read(from offset: Int, count: Int) throws(Diagnostic) -> [UInt8] {
        try flush()
        var bytes = [UInt8](repeating: 0, count: count)
        var done = 0
        while done < count {
            let got = bytes.withUnsafeMutableBytes { raw in
                pread(handle, raw.baseAddress?.advanced(by: done), count - done, offset + done)
            }
            if got < 0, errno == EINTR { continue }
            guard got >= 0 else { throw AtomicFile.failure("cannot read back", path) }
            if got == 0 { break }
            done += got
        }
        return Array(bytes.prefix(done))
    }

    /// Flushes everything to the disk and gives the file its name, and its permission bits where `mode` tells them.
    public func finish(mode: mode_t? = nil) throws(Diagnostic) {
        try flush()
        if let mode, fchmod(handle, mode) != 0 { throw AtomicFile.failure("cannot protect", path) }
        guard fsync(handle) == 0 else { throw AtomicFile.failure("cannot flush", path) }
        guard close(handle) == 0, rename(temporary, path) == 0 else {
            let error = AtomicFile.failure("cannot finish", path)
            handle = -1
            unlink(temporary)
            throw error
        }
        handle = -1
        AtomicFile.flushFolder(of: path)
    }

    private func flush() throws(Diagnostic) {
        var failure: Diagnostic?
        buffer.withUnsafeBytes { raw in
            do throws(Diagnostic) { try appendAll(raw) } catch { failure = error }
        }
        if let failure { throw failure }
        buffer.removeAll(keepingCapacity: true)
    }

    private func appendAll(_ bytes: UnsafeRawBufferPointer) throws(Diagnostic) {
        let file = SystemFile(handle: handle, path: path)
        var rest = bytes[...]
        while !rest.isEmpty { rest = rest.dropFirst(try file.append(UnsafeRawBufferPointer(rebasing: rest))) }
    }
}
