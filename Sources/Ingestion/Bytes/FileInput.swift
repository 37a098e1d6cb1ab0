import Foundation

/// The bytes of a regular file, or of a range in it.
final class FileInput: ByteInput {
    /// The size of the file when it was opened.
    let size: Int
    /// When it was last written, in nanoseconds since 1970.
    let modified: Int
    private let handle: Int32
    private let buffer: UnsafeMutableRawBufferPointer
    private var position: Int
    private let end: Int
    /// What the file has to stay like while it is read, if that matters.
    var expected: InputFile?

    private static let pieceBytes = 256 << 10

    /// Opens a file; `range` is cut to the file's end.
    init(_ path: String, range: Range<Int>? = nil) throws(InputProblem) {
        // Not blocking, so that a pipe that took the file's name cannot hold us up.
        handle = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK)
        guard handle >= 0 else { throw .system(errno) }
        var status = stat()
        guard fstat(handle, &status) == 0, status.st_mode & S_IFMT == S_IFREG else {
            close(handle)
            throw .skip(.notAFile, nil)
        }
        (size, modified) = (Int(status.st_size), status.modifiedNanoseconds)
        (position, end) = (range?.lowerBound ?? 0, range?.upperBound ?? .max)
        let wanted = range.map { min($0.count, FileInput.pieceBytes) } ?? FileInput.pieceBytes
        buffer = .allocate(byteCount: max(min(wanted, size &+ 1), 4_096), alignment: 64)
    }

    deinit {
        close(handle)
        buffer.deallocate()
    }

    func checkUnchanged() throws(InputProblem) {
        guard let expected else { return }
        var status = stat()
        guard fstat(handle, &status) == 0, Int(status.st_size) == size, status.modifiedNanoseconds == modified else {
            throw expected.changed("the file was written to while it was read")
        }
    }

    func next() throws(InputProblem) -> UnsafeRawBufferPointer? {
        let wanted = min(buffer.count, end - position)
        guard wanted > 0 else { return nil }
        while true {
            let count = pread(handle, buffer.baseAddress, wanted, position)
            if count < 0, errno == EINTR { continue }
            guard count >= 0 else { throw .system(errno) }
            guard count > 0 else { return nil }
            position += count
            return UnsafeRawBufferPointer(rebasing: buffer[..<count])
        }
    }
}
