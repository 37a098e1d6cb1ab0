import Diagnostics
import Foundation

/// The length and digests of a file, taken in one pass.
public struct FileDigests: Sendable, Equatable {
    /// The SHA-256 of the whole file.
    public let digest: Digest
    /// The digests of its chunks; its ``ChunkedDigest/bytes`` is the file's length.
    public let chunks: ChunkedDigest

    /// Reads a file once; without `chunkBytes` its chunks have the size for its length.
    ///
    /// `consume` gets every piece as it is read. Throws `file.missing` where there is no such file, `file.read` for one
    /// that cannot be read or is no regular file, and what `consume` throws.
    public init(
        of path: String, chunkBytes: Int? = nil,
        _ consume: (UnsafeRawBufferPointer) throws(Diagnostic) -> Void = { _ throws(Diagnostic) in }
    ) throws(Diagnostic) {
        let file = try ReadableFile(path)
        var whole = SHA256()
        var chunks = ChunkHasher(chunkBytes: chunkBytes ?? ChunkedDigest.chunkBytes(forFileOf: file.bytes))
        var place = 0
        while true {
            let piece = try file.read(from: place, count: 1 << 20)
            if piece.isEmpty { break }
            var failure: Diagnostic?
            piece.withUnsafeBytes { raw in
                whole.update(raw)
                chunks.update(raw)
                do throws(Diagnostic) { try consume(raw) } catch { failure = error }
            }
            if let failure { throw failure }
            place += piece.count
        }
        digest = whole.finish()
        self.chunks = chunks.finish()
    }
}

extension SHA256 {
    /// The digest of a file, read piece by piece: however long it is, no more of it is in memory.
    ///
    /// `consume` gets every piece as it is read. Throws as ``FileDigests/init(of:chunkBytes:_:)`` does.
    public static func digest(
        ofFile path: String,
        _ consume: (UnsafeRawBufferPointer) throws(Diagnostic) -> Void = { _ throws(Diagnostic) in }
    ) throws(Diagnostic) -> Digest {
        let file = try ReadableFile(path)
        var hash = SHA256()
        var place = 0
        while true {
            let piece = try file.read(from: place, count: 1 << 20)
            if piece.isEmpty { return hash.finish() }
            var failure: Diagnostic?
            piece.withUnsafeBytes { raw in
                hash.update(raw)
                do throws(Diagnostic) { try consume(raw) } catch { failure = error }
            }
            if let failure { throw failure }
            place += piece.count
        }
    }
}

extension ChunkedDigest {
    /// The leaves of the chunks of a file that hold bytes of `range` and are not what this list says, by chunk.
    ///
    /// Reads these chunks only. The file's length is for the caller to compare: a chunk that is cut short has another leaf.
    public func damage(in range: Range<Int>? = nil, of path: String) throws(Diagnostic) -> [(chunk: Int, found: Digest)]
    {
        let file = try ReadableFile(path)
        var damaged: [(chunk: Int, found: Digest)] = []
        for chunk in chunks(holding: range ?? 0..<bytes) {
            let found = try file.leaf(of: self.range(ofChunk: chunk))
            if found != leaves[chunk] { damaged.append((chunk, found)) }
        }
        return damaged
    }
}

/// A regular file that is read in pieces.
private final class ReadableFile {
    private let path: String
    private let handle: Int32
    let bytes: Int

    init(_ path: String) throws(Diagnostic) {
        self.path = path
        handle = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard handle >= 0 else {
            let missing = errno == ENOENT || errno == ENOTDIR
            throw Diagnostic(
                missing ? "file.missing" : "file.read", "cannot read the file: \(String(cString: strerror(errno)))",
                at: .init(file: path))
        }
        var status = stat()
        let known = fstat(handle, &status) == 0
        bytes = Int(status.st_size)
        guard known, status.st_mode & S_IFMT == S_IFREG else {
            throw Diagnostic("file.read", "this is not a regular file", at: .init(file: path))
        }
    }

    deinit { if handle >= 0 { close(handle) } }

    /// Up to `count` bytes from `place` on; fewer only at the end of the file.
    func read(from place: Int, count: Int) throws(Diagnostic) -> [UInt8] {
        var failure: Int32 = 0
        let piece = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(handle, buffer.baseAddress?.advanced(by: filled), count - filled, place + filled)
                if got < 0, errno == EINTR { continue }
                if got < 0 { failure = errno }
                if got <= 0 { break }
                filled += got
            }
        }
        guard failure == 0 else {
            throw Diagnostic(
                "file.read", "cannot read the file: \(String(cString: strerror(failure)))", at: .init(file: path),
                kind: .failure)
        }
        return piece
    }

    /// The leaf of the bytes of `range`, as many of them as there are.
    func leaf(of range: Range<Int>) throws(Diagnostic) -> Digest {
        var hash = SHA256()
        hash.update([0])
        for place in stride(from: range.lowerBound, to: range.upperBound, by: 1 << 20) {
            hash.update(try read(from: place, count: min(1 << 20, range.upperBound - place)))
        }
        return hash.finish()
    }
}
