import Diagnostics
import Foundation

/// A regular file, mapped into memory for reading: only the pages that are touched take memory. Or a copy in memory of
/// a file that is on no file system of this machine.
///
/// The file must not be made shorter while it is open.
final class MappedFile: Sendable {
    let path: String
    // The address and length of the mapping; it is never written, so that threads may share it.
    private let address: UInt
    let count: Int
    private let isMapped: Bool

    /// Keeps a copy of what a file holds.
    init(path: String, contents: [UInt8]) {
        self.path = path
        count = contents.count
        isMapped = false
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: max(count, 1), alignment: 64)
        memory.copyBytes(from: contents)
        address = UInt(bitPattern: memory.baseAddress)
    }

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
        isMapped = true
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
        let memory = UnsafeMutableRawPointer(bitPattern: address)
        if !isMapped { memory?.deallocate() } else if count > 0 { munmap(memory, count) }
    }

    /// Reads the bytes in place; the pointer is good only inside `body`.
    func withBytes<Result, Failure: Error>(
        _ body: (UnsafeRawBufferPointer) throws(Failure) -> Result
    ) throws(Failure) -> Result {
        defer { withExtendedLifetime(self) {} }
        return try body(UnsafeRawBufferPointer(start: UnsafeRawPointer(bitPattern: address), count: count))
    }
}
