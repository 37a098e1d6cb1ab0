import Diagnostics
import Ingestion
import JSONWriting

/// The shards and tables of all languages while they are written.
final class ShardSet {
    private let folder: String
    private let shardBytes: Int
    private var languages: [String: Language] = [:]
    private var files: [TextCorpusManifest.File] = []

    private struct Language {
        var table: OutputFile
        var rows = 0
        var shard: OutputFile?
        var shards = 0
        /// Lines and bytes of text in the shard.
        var lines = 0
        var textBytes = 0
    }

    init(folder: String, shardBytes: Int) { (self.folder, self.shardBytes) = (folder, shardBytes) }

    /// Appends a row to a language's table of documents.
    func appendRow(_ row: [UInt8], language code: String) throws(Diagnostic) {
        var language = try language(code)
        try language.table.append(row)
        language.rows += 1
        languages[code] = language
    }

    /// Appends a text's line, in two parts around the word for its split.
    func append(
        _ head: some Collection<UInt8>, _ split: Split, _ tail: some Collection<UInt8>, textBytes: Int,
        language code: String
    ) throws(Diagnostic) {
        var language = try language(code)
        if language.shard != nil, textBytes > shardBytes - language.textBytes { try close(&language, code) }
        let shard: OutputFile
        if let open = language.shard {
            shard = open
        } else {
            shard = try OutputFile("\(folder)/\(Self.name(code, language.shards))")
            language.shard = shard
        }
        try shard.append(head)
        try shard.append(split.rawValue.utf8)
        try shard.append(tail)
        language.lines += 1
        language.textBytes += textBytes
        languages[code] = language
    }

    /// Ends all files; their entries in byte-wise order of the languages.
    func finish() throws(Diagnostic) -> [TextCorpusManifest.File] {
        for code in languages.keys.sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            guard var language = languages[code] else { continue }
            if language.shard != nil { try close(&language, code) }
            let digest = try language.table.finish()
            files.append(
                .init(
                    file: "documents-\(code).jsonl", kind: .documents, language: code, lines: language.rows,
                    bytes: language.table.count, sha256: digest))
        }
        languages = [:]
        return files
    }

    static func name(_ language: String, _ number: Int) -> String {
        let digits = String(number)
        return "texts-\(language)-\(String(repeating: "0", count: max(0, 5 - digits.count)))\(digits).jsonl"
    }

    private func language(_ code: String) throws(Diagnostic) -> Language {
        if let present = languages[code] { return present }
        return Language(table: try OutputFile("\(folder)/documents-\(code).jsonl"))
    }

    private func close(_ language: inout Language, _ code: String) throws(Diagnostic) {
        guard let shard = language.shard else { return }
        let digest = try shard.finish()
        files.append(
            .init(
                file: Self.name(code, language.shards), kind: .texts, language: code, lines: language.lines,
                bytes: shard.count, sha256: digest))
        (language.shard, language.shards) = (nil, language.shards + 1)
        (language.lines, language.textBytes) = (0, 0)
    }
}

/// The table of inputs that gave no document, made when there is one.
final class SkipTable {
    private let folder: String
    private var file: OutputFile?
    private var rows = 0

    init(folder: String) { self.folder = folder }

    func append(_ input: SkippedInput, source: String) throws(Diagnostic) {
        let file: OutputFile
        if let open = self.file {
            file = open
        } else {
            file = try OutputFile("\(folder)/\(TextCorpusManifest.skippedFile)")
            self.file = file
        }
        var row = JSONLine()
        row.write("detail", input.detail)
        row.write("place", input.place)
        row.write("reason", input.reason)
        row.write("source", source)
        row.end()
        try file.append(row.bytes)
        rows += 1
    }

    func finish() throws(Diagnostic) -> [TextCorpusManifest.File] {
        guard let file else { return [] }
        let digest = try file.finish()
        return [
            .init(
                file: TextCorpusManifest.skippedFile, kind: .skipped, language: nil, lines: rows, bytes: file.count,
                sha256: digest)
        ]
    }
}
