import Diagnostics
import Foundation
import Integrity

/// A file of the output while it is written: buffered, counted and hashed on the way.
///
/// It stands in a folder that only appears when it is whole, so it needs no temporary name of its own. A large work file
/// is written in stretches: ``keep()`` puts one on the disk, and another process can go on after it.
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

    /// The beginning of an unfinished file that is on the disk for good.
    struct Beginning: Sendable, Equatable {
        var bytes: Int
        var digest: Digest
    }

    /// Goes on with an unfinished file after its beginning; what stands behind that is cut off.
    ///
    /// `nil` where the file is not there, or does not begin like that.
    init?(_ path: String, after beginning: Beginning) {
        self.path = path
        handle = open(path, O_RDWR | O_CLOEXEC)
        guard handle >= 0, Self.hash(handle, beginning.bytes, into: hash), hash.soFar() == beginning.digest,
            ftruncate(handle, off_t(beginning.bytes)) == 0,
            lseek(handle, off_t(beginning.bytes), SEEK_SET) == beginning.bytes
        else { return nil }
        count = beginning.bytes
        buffer.reserveCapacity(Self.bufferBytes)
    }

    deinit { if handle >= 0 { close(handle) } }

    /// Hashes the first `count` bytes of a file; `false` where it has fewer or cannot be read.
    private static func hash(_ handle: Int32, _ count: Int, into hash: RunningDigest) -> Bool {
        let piece = UnsafeMutableRawBufferPointer.allocate(byteCount: bufferBytes, alignment: 64)
        defer { piece.deallocate() }
        var position = 0
        while position < count {
            let found = pread(handle, piece.baseAddress, min(piece.count, count - position), off_t(position))
            if found < 0, errno == EINTR { continue }
            guard found > 0 else { return false }
            hash.update(UnsafeRawBufferPointer(rebasing: piece[..<found]))
            position += found
        }
        return true
    }

    func append(_ bytes: some Collection<UInt8>) throws(Diagnostic) {
        buffer.append(contentsOf: bytes)
        if buffer.count >= Self.bufferBytes { try flush() }
    }

    /// Writes what has been appended, flushes the file to the disk and says what is there now; more may be appended.
    func keep() throws(Diagnostic) -> Beginning {
        let digest = try digestSoFar()
        guard fsync(handle) == 0 else { throw Self.failure("cannot flush", path) }
        return Beginning(bytes: count, digest: digest)
    }

    /// The digest of what has been appended so far.
    func digestSoFar() throws(Diagnostic) -> Digest {
        try flush()
        return hash.soFar()
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
        let tooMany = errno == EMFILE ? "raise the limit with `ulimit -n`: each language takes two files" : nil
        return Diagnostic(
            full ? "file.no-space" : "file.write", "\(what) the file: \(String(cString: strerror(errno)))",
            at: .init(file: path), remedy: full ? "free some space" : tooMany, kind: .failure)
    }
}

/// A SHA-256 in the making that closures may share.
final class RunningDigest {
    private var hash: SHA256? = SHA256()

    func update(_ bytes: UnsafeRawBufferPointer) { hash?.update(bytes) }
    func update(_ bytes: [UInt8]) { hash?.update(bytes) }

    /// The digest of the message so far; not after its end.
    func soFar() -> Digest {
        guard let digest = hash?.digestSoFar() else { preconditionFailure("the digest is finished") }
        return digest
    }

    /// Ends the message; once only.
    func finish() -> Digest {
        guard let digest = hash.take()?.finish() else { preconditionFailure("a digest is finished once") }
        return digest
    }
}
