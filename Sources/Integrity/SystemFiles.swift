import Diagnostics
import Foundation

/// The file system of this machine.
public struct SystemFiles: FileSystem {
    public init() {}

    public func makeFolder(_ path: String) throws(Diagnostic) {
        do {
            try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        } catch {
            let code = ((error as NSError).userInfo[NSUnderlyingErrorKey] as? NSError)?.code
            throw Diagnostic(
                "file.folder",
                "cannot make the folder: \(code.map { String(cString: strerror(Int32($0))) } ?? "refused")",
                at: .init(file: path), kind: .failure)
        }
    }

    public func create(_ path: String) throws(Diagnostic) -> any WritableFile {
        let handle = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
        guard handle >= 0 else { throw AtomicFile.failure("cannot create", path) }
        return SystemFile(handle: handle, path: path)
    }

    public func rename(_ path: String, to name: String) throws(Diagnostic) {
        guard Foundation.rename(path, name) == 0 else { throw AtomicFile.failure("cannot finish", name) }
    }

    public func remove(_ path: String) -> Bool {
        if unlink(path) == 0 { return true }
        try? FileManager.default.removeItem(atPath: path)
        return !exists(path)
    }

    public func flushFolder(of path: String) {
        let folder = URL(fileURLWithPath: path).deletingLastPathComponent().path
        let handle = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        if handle >= 0 {
            _ = fsync(handle)
            Foundation.close(handle)
        }
    }

    public func names(in folder: String) -> [String] {
        ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
    }

    public func exists(_ path: String) -> Bool { FileManager.default.fileExists(atPath: path) }

    public func size(of path: String) -> Int? {
        var status = stat()
        return stat(path, &status) == 0 ? Int(status.st_size) : nil
    }

    public func contents(of path: String) -> [UInt8]? { FileManager.default.contents(atPath: path).map { Array($0) } }
}

/// A file of this machine that is being written.
struct SystemFile: WritableFile {
    let handle: Int32
    let path: String

    func append(_ bytes: UnsafeRawBufferPointer) throws(Diagnostic) -> Int {
        while true {
            let written = write(handle, bytes.baseAddress, bytes.count)
            if written > 0 { return written }
            guard written < 0, errno == EINTR else { throw AtomicFile.failure("cannot write", path) }
        }
    }

    func flush() throws(Diagnostic) {
        guard fsync(handle) == 0 else { throw AtomicFile.failure("cannot flush", path) }
    }

    func close() throws(Diagnostic) {
        guard Foundation.close(handle) == 0 else { throw AtomicFile.failure("cannot finish", path) }
    }
}
