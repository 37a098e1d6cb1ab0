import Diagnostics
import Foundation

/// A regular file, mapped into memory for reading: only the pages that are touched take memory.
///
/// The file must not be made shorter while it is open.
final class MappedFile: Sendable {
    let path: String
    // The address and length of the mapping; it is never written, so that threads may share it.
    private let address: UInt
    let count: Int

    /// Maps a file; an error's code begins with `subject`.
    init(path: String, subject: String) throws(Diagnostic) {
        func refusal(_ reason: String) -> Diagnostic {
            Diagnostic(subject + ".open", "cannot read the file: \(reason)", at: .init(file: path))
        }
        let file = open(path, O_RDONLY | O_CLOEXEC)
        guard file >= 0 else { throw refusal(String(cString: strerror(errno))) }
        defer { close(file) }
        var status = stat()
        guard fstat(file, &status) == 0 else { throw refusal(String(cString: strerror(errno))) }
        guard status.st_mode & S_IFMT == S_IFREG else { throw refusal("it is not a regular file") }
        self.path = path
        count = Int(status.st_size)
        guard count > 0 else {
            address = 0
            return
        }
        guard let mapped = mmap(nil, count, PROT_READ, MAP_PRIVATE, file, 0), mapped != MAP_FAILED else {
            throw refusal(String(cString: strerror(errno)))
        }
        address = UInt(bitPattern: mapped)
    }

    deinit {
        if count > 0 { munmap(UnsafeMutableRawPointer(bitPattern: address), count) }
    }

    /// Reads the bytes in place; the pointer is good only inside `body`.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count))
    }
}
