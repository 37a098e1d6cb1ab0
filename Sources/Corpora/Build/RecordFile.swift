import Diagnostics
import Foundation
import Integrity

/// A work file: records one after another, a count and a digest at the end, present whole or not at all.
///
/// Written while a unit is worked on, and read again by later passes and after a restart.
enum RecordFile {
    /// Ends every file, so that one of another version is done again.
    private static let mark: UInt64 = 0x5345_5252_4557_0001
    private static let trailerBytes = 8 + 8 + 32 + 32

    /// Writes a file; `body` appends records, each as a ``RecordWriter`` makes it. `key` says what they were made from.
    ///
    /// `begun` is the unfinished file to go on with; `nil`: a new one.
    static func write(
        to path: String, key: Digest, begun: Begun? = nil, _ body: (Writer) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        let writer = try Writer(path, begun)
        try body(writer)
        try writer.finish(key: key)
    }

    /// An unfinished file with the records that it begins with.
    struct Begun {
        let file: OutputFile
        let records: Records
    }

    /// How much of an unfinished file is on the disk for good.
    struct Kept: Sendable, Equatable {
        var count: Int
        var beginning: OutputFile.Beginning
    }

    /// The unfinished file for `path`, cut off after what was kept of it; `nil` where that is not there whole.
    static func begun(_ path: String, _ kept: Kept) -> Begun? {
        guard let file = OutputFile(unfinished(path), after: kept.beginning),
            let data = try? Data(contentsOf: URL(fileURLWithPath: file.path), options: .alwaysMapped),
            data.count == kept.beginning.bytes
        else { return nil }
        return Begun(
            file: file, records: Records(path: file.path, data: data, contentBytes: data.count, count: kept.count))
    }

    private static func unfinished(_ path: String) -> String { path + ".partial" }

    /// A file that takes records.
    final class Writer {
        private let file: OutputFile
        private let path: String
        private var count: Int

        fileprivate init(_ path: String, _ begun: Begun?) throws(Diagnostic) {
            self.path = path
            if let begun {
                (file, count) = (begun.file, begun.records.count)
            } else {
                (file, count) = (try OutputFile(unfinished(path)), 0)
            }
        }

        /// Puts what has been appended on the disk.
        func keep() throws(Diagnostic) -> Kept { Kept(count: count, beginning: try file.keep()) }

        func append(_ record: RecordWriter) throws(Diagnostic) {
            try file.append(record.bytes)
            count += 1
        }

        fileprivate func finish(key: Digest) throws(Diagnostic) {
            var trailer = RecordWriter()
            trailer.write(fixed: UInt64(count))
            trailer.write(fixed: mark)
            trailer.write(key)
            try file.append(trailer.bytes)
            try file.append(try file.digestSoFar().bytes)
            _ = try file.finish(renamedTo: path)
        }
    }

    /// The records of a file; `nil` where there is none, or one that is damaged, of another version or of another key.
    static func open(_ path: String, key: Digest) -> Records? {
        guard let data = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped),
            data.count >= trailerBytes
        else { return nil }
        let content = data.count - trailerBytes
        let count: Int? = data.withUnsafeBytes { raw in
            var trailer = RecordReader(UnsafeRawBufferPointer(rebasing: raw[content...]))
            guard let count = trailer.fixed().flatMap({ Int(exactly: $0) }), trailer.fixed() == mark,
                trailer.digest() == key, let digest = trailer.digest(),
                SHA256.digest(of: UnsafeRawBufferPointer(rebasing: raw[..<(raw.count - 32)])) == digest
            else { return nil }
            return count
        }
        return count.map { Records(path: path, data: data, contentBytes: content, count: $0) }
    }

    /// A whole file, mapped.
    struct Records: Sendable {
        let path: String
        fileprivate let data: Data
        fileprivate let contentBytes: Int
        let count: Int

        /// Calls `body` once for each record, which it must read whole; it gives `false` where it cannot.
        func forEach(
            _ body: (inout RecordReader, _ number: Int) throws(Diagnostic) -> Bool
        ) throws(Diagnostic) {
            var cursor = Cursor(self)
            for number in 0..<count {
                let isWhole = try cursor.next { (reader) throws(Diagnostic) in try body(&reader, number) ? true : nil }
                if isWhole == nil { throw damaged }
            }
            if !cursor.isAtEnd { throw damaged }
        }

        fileprivate var damaged: Diagnostic {
            Diagnostic(
                "corpus.work-file", "the work file is damaged", at: .init(file: path),
                remedy: "remove it and give the same command again", kind: .failure)
        }
    }

    /// Reads a file's records one by one.
    struct Cursor {
        private let records: Records
        private var position = 0
        private(set) var number = 0

        init(_ records: Records) { self.records = records }

        var isAtEnd: Bool { position == records.contentBytes }

        /// The next record as `parse` reads it; `nil` after the last one. Throws where `parse` gives `nil`.
        mutating func next<Record>(
            _ parse: (inout RecordReader) throws(Diagnostic) -> Record?
        ) throws(Diagnostic) -> Record? {
            guard number < records.count else { return nil }
            let (start, end) = (position, records.contentBytes)
            var outcome: Result<(Record, Int)?, Diagnostic> = .success(nil)
            records.data.withUnsafeBytes { raw in
                var reader = RecordReader(UnsafeRawBufferPointer(rebasing: raw[..<end]), at: start)
                do throws(Diagnostic) {
                    if let record = try parse(&reader) { outcome = .success((record, reader.position)) }
                } catch { outcome = .failure(error) }
            }
            guard let (record, next) = try outcome.get() else { throw records.damaged }
            (position, number) = (next, number + 1)
            return record
        }
    }
}
