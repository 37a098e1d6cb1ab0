import Diagnostics
import Integrity

/// Writes safetensors files: named tensors with type and shape, little-endian, readable by every common framework.
///
///     let receipt = try Safetensors.write([.init("bias", .float32, shape: [4])], to: path) { append in
///         try append(bytes)
///     }
///
/// Same input, same bytes. The file appears whole or not at all.
public enum Safetensors {
    /// What was written.
    public struct Receipt: Sendable, Equatable {
        /// The length of the file in bytes.
        public var byteCount: Int
        /// The digest of the whole file.
        public var digest: Digest
        /// The digests of the file's chunks; only where they were asked for and there are several.
        public var chunks: ChunkedDigest?
    }

    /// Writes a file whose data `body` appends, tensor by tensor in the order of `tensors`, each in as many pieces as it likes.
    ///
    /// A piece must not cross from one tensor into the next. The header lists the tensors by name and the data follow
    /// in the given order, in which wider elements come before narrower ones. `chunked` asks for the digests of the
    /// chunks as well, of the usual size, of a file that has several. Throws, and leaves nothing behind, when names or shapes
    /// are unsound, the data's length differs from what the shapes say, or the file cannot be written.
    @discardableResult
    public static func write(
        _ tensors: [TensorDescription], metadata: [String: String] = [:], to path: String,
        on files: any FileSystem = SystemFiles(), chunked: Bool = false,
        data body: (_ append: (UnsafeRawBufferPointer) throws(Diagnostic) -> Void) throws(Diagnostic) -> Void
    ) throws(Diagnostic) -> Receipt {
        let header = try SafetensorsHeader(laying: tensors, metadata: metadata, path: path)
        let start = header.encoded
        guard start.count <= SafetensorsHeader.largest else {
            throw Diagnostic(
                "safetensors.header-size", "too many tensors for one file", at: .init(file: path), kind: .failure)
        }
        let byteCount = start.count + (header.entries.last?.bytes.upperBound ?? 0)
        let chunkBytes = ChunkedDigest.chunkBytes(forFileOf: byteCount)
        // The digest of a single chunk would say what the file's says, and take as long to compute.
        let chunks = chunked && byteCount > chunkBytes ? RunningChunks(chunkBytes) : nil
        let progress = Progress(header.entries, path: path)
        try AtomicFile.write(to: path, on: files) { (write) throws(Diagnostic) in
            var failure: Diagnostic?
            start.withUnsafeBytes { bytes in
                do throws(Diagnostic) { try write(bytes) } catch { failure = error }
            }
            if let failure { throw failure }
            progress.file.update(start)
            start.withUnsafeBytes { chunks?.update($0) }
            // The compiler cannot see that `body` does not call itself through `write`; it has no way to.
            try withoutActuallyEscaping(write) { (write) throws(Diagnostic) in
                try body { (bytes) throws(Diagnostic) in
                    try progress.take(bytes)
                    chunks?.update(bytes)
                    try write(bytes)
                }
            }
            try progress.checkComplete()
        }
        return Receipt(byteCount: byteCount, digest: progress.file.finish(), chunks: chunks?.finish())
    }

    /// How far the data have come, and the file's digest.
    private final class Progress {
        let entries: [SafetensorsHeader.Entry]
        let path: String
        let file = RunningDigest()
        /// Tensors that have all their bytes, and bytes of the next one.
        private var complete = 0
        private var taken = 0

        init(_ entries: [SafetensorsHeader.Entry], path: String) {
            self.entries = entries
            self.path = path
            closeFull()
        }

        /// Counts and hashes a piece of the current tensor.
        func take(_ bytes: UnsafeRawBufferPointer) throws(Diagnostic) {
            let room = complete < entries.count ? entries[complete].bytes.count - taken : 0
            guard bytes.count <= room else {
                let last = entries[max(0, min(complete, entries.count - 1))...].first
                throw Diagnostic(
                    "safetensors.data", "more data were written than the shape says",
                    at: .init(file: path, key: last?.tensor.name), expected: "at most \(room) bytes",
                    found: "\(bytes.count)", kind: .failure)
            }
            file.update(bytes)
            taken += bytes.count
            closeFull()
        }

        func checkComplete() throws(Diagnostic) {
            guard complete < entries.count else { return }
            let entry = entries[complete]
            throw Diagnostic(
                "safetensors.data", "the data end before the tensor is complete",
                at: .init(file: path, key: entry.tensor.name), expected: "\(entry.bytes.count) bytes",
                found: "\(taken)", kind: .failure)
        }

        /// Ends every tensor that has all its bytes; empty ones have them from the start.
        private func closeFull() {
            while complete < entries.count, taken == entries[complete].bytes.count {
                complete += 1
                taken = 0
            }
        }
    }
}

/// A digest under way.
private final class RunningDigest {
    private var hash: SHA256? = SHA256()

    func update(_ bytes: UnsafeRawBufferPointer) { hash?.update(bytes) }
    func update(_ bytes: [UInt8]) { hash?.update(bytes) }

    func finish() -> Digest {
        let ended = hash.take() ?? SHA256()
        return ended.finish()
    }
}

/// The digests of chunks under way.
private final class RunningChunks {
    private let chunkBytes: Int
    private var hasher: ChunkHasher?

    init(_ chunkBytes: Int) {
        self.chunkBytes = chunkBytes
        hasher = ChunkHasher(chunkBytes: chunkBytes)
    }

    func update(_ bytes: UnsafeRawBufferPointer) { hasher?.update(bytes) }

    func finish() -> ChunkedDigest {
        let ended = hasher.take() ?? ChunkHasher(chunkBytes: chunkBytes)
        return ended.finish()
    }
}
