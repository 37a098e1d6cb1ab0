import Diagnostics
import Foundation

/// Where read documents and skips go.
typealias ItemBody = (IngestedItem) throws(Diagnostic) -> Void

/// The endings of compressed files.
let compressedEndings = [".gz", ".xz", ".zst", ".bz2"]

/// A file that holds one document.
struct DocumentFile {
    var place: String
    var language: String?
    var format: TextFormat
}

/// One file, one document.
extension SourceReader {
    /// Reads the file that `open` opens, and gives its document or the reason why there is none.
    func read(
        _ file: DocumentFile, _ body: ItemBody, from open: () throws(InputProblem) -> (input: ByteInput, size: Int)
    ) throws(Diagnostic) {
        do throws(InputProblem) {
            let (input, size) = try open()
            let bytes = try input.readAll(limit: limits.maximumDocumentBytes, expected: size)
            let item = item(file, bytes)
            try stopping { () throws(Diagnostic) in try body(item) }
        } catch {
            switch error {
            case .skip(let reason, let detail): try body(.skip(SkippedInput(file.place, reason, detail)))
            case .stop(let diagnostic): throw diagnostic
            }
        }
    }

    /// The document in a file's bytes, or the reason why there is none.
    func item(_ file: DocumentFile, _ bytes: [UInt8]) -> IngestedItem {
        var text = bytes
        // A byte order mark says how the file is encoded; it is no part of the text.
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text.removeFirst(3) }
        let offset = bytes.count - text.count
        if let (reason, detail) = text.withUnsafeBytes({ problem(ofText: $0, baseOffset: offset) }) {
            return .skip(SkippedInput(file.place, reason, detail))
        }
        text = file.format.text(of: text)
        if text.withUnsafeBytes({ problem(ofText: $0) }) != nil {
            return .skip(SkippedInput(file.place, .empty, "markup without text"))
        }
        return .document(RawDocument(text: text, language: file.language, place: file.place))
    }

    /// The bytes of a file as its name says: expanded if it ends in `.gz` and the like.
    func expanded(_ input: ByteInput, name: String) throws(InputProblem) -> ByteInput {
        guard compressedEndings.contains(where: { name.hasSuffix($0) }) else { return input }
        return try ArchiveReader(input, form: .compressed, name: name, limits: limits)
    }
}
