import Diagnostics
import Foundation
import Integrity

/// A file of the output while it is written: buffered, counted and hashed on the way.
///
/// It stands in a folder that only appears when it is whole, so it needs no temporary name of its own.
final class OutputFile {
    let path: String
    /// Bytes written so far.
    private(set) var count = 0
    private let handle: Int32
    private var buffer: [UInt8] = []
    private let hash = RunningDigest()

    private static let bufferBytes = 1 << 18

    init(_ path: String) throws(Diagnostic) {
        self.path = path
        handle = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard handle >= 0 else { throw Self.failure("cannot create", path) }
        buffer.reserveCapacity(Self.bufferBytes)
    }

    deinit { close(handle) }

    func append(_ bytes: some Collection<UInt8>) throws(Diagnostic) {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Writes what is left, flushes the file to the disk and gives its digest; nothing may be appended afterwards.
    func finish() throws(Diagnostic) -> Digest {
        try flush()
        guard fsync(handle) == 0 else { throw Self.failure("cannot flush", path) }
        return hash.finish()
    }

    /// The same, and gives the file its final name, which replaces an older file.
    func finish(renamedTo final: String) throws(Diagnostic) -> Digest {
        let digest = try finish()
        guard rename(path, final) == 0 else { throw Self.failure("cannot finish", final) }
        AtomicFile.flushFolder(of: final)
        return digest
    }

    private func flush() throws(Diagnostic) {
        let failed = buffer.withUnsafeBytes { raw in
            hash.update(raw)
            var rest = raw[...]
            while !rest.isEmpty {
                let written = write(handle, UnsafeRawBufferPointer(rebasing: rest).baseAddress, rest.count)
                if written < 0, errno == EINTR { continue }
                guard written > 0 else { return true }
                rest = rest.dropFirst(written)
            }
            return false
        }
        if failed { throw Self.failure("cannot write", path) }
        count += buffer.count
        buffer.removeAll(keepingCapacity: true)
    }

    private static func failure(_ what: String, _ path: String) -> Diagnostic {
        let full = errno == ENOSPC || errno == EDQUOT
        return Diagnostic(
            full ? "file.no-space" : "file.write", "\(what) the file: \(String(cString: strerror(errno)))",
            at: .init(file: path), remedy: full ? "free some space" : nil, kind: .failure)
    }
}

/// A SHA-256 in the making that closures may share.
final class RunningDigest {
    private var hash: SHA256? = SHA256()

    func update(_ bytes: UnsafeRawBufferPointer) { hash?.update(bytes) }
    func update(_ bytes: [UInt8]) { hash?.update(bytes) }

    /// Ends the message; once only.
    func finish() -> Digest {
        guard let digest = hash.take()?.finish() else { preconditionFailure("a digest is finished once") }
        return digest
    }
}
