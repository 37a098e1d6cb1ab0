import Diagnostics
import Foundation
import Integrity

/// Files with a JSON object a line.
extension SourceReader {
    private static let endings = [".jsonl"] + compressedEndings.map { ".jsonl" + $0 }

    func lineUnits(_ lines: JSONLines) throws(Diagnostic) -> [WorkUnit] {
        let files = try InputFiles(lines.paths, passingOver: passedOver) { path in
            SourceReader.endings.contains { path.hasSuffix($0) }
        }
        return try units(of: files) { (file) throws(Diagnostic) in
            guard !compressedEndings.contains(where: { file.place.hasSuffix($0) }) else {
                return [
                    WorkUnit(id: file.place, bytes: file.size, stamp: file.stamp(), content: .compressedLines(file))
                ]
            }
            return try cut(file)
        }
    }

    /// The units of the files in turn; what was skipped among them makes units of its own.
    func units(
        of files: InputFiles, _ cut: (InputFile) throws(Diagnostic) -> [WorkUnit]
    ) throws(Diagnostic) -> [WorkUnit] {
        var units = [WorkUnit]()
        for found in files.found {
            switch found {
            case .file(let file): units += try cut(file)
            case .skip(let skipped): units.append(WorkUnit(skipped))
            }
        }
        return units
    }

    /// Cuts plain JSONL at line ends, at the first one after each whole number of unit sizes.
    private func cut(_ file: InputFile) throws(Diagnostic) -> [WorkUnit] {
        var cutter = LineCutter(file: file, unitBytes: limits.unitBytes)
        do throws(InputProblem) {
            let input = try file.open()
            while let piece = try input.next() { cutter.take(piece) }
        } catch {
            switch error {
            case .skip(let reason, let detail): return [WorkUnit(SkippedInput(file.place, reason, detail))]
            case .stop(let diagnostic): throw diagnostic
            }
        }
        return cutter.finish()
    }

    /// Reads whole lines from a range of a plain file.
    func readLines(
        _ file: InputFile, _ range: Range<Int>, firstLine: Int, _ lines: JSONLines, _ body: ItemBody
    ) throws(Diagnostic) {
        try readLines(of: file.place, lines, body, number: firstLine, offset: range.lowerBound) {
            () throws(InputProblem) in
            try file.open(range: range)
        }
    }

    /// Reads a compressed file.
    func readCompressedLines(
        _ file: InputFile, _ lines: JSONLines, _ progress: ReadingProgress, _ body: ItemBody
    ) throws(Diagnostic) {
        try readLines(of: file.place, lines, body, number: 1, offset: 0) { () throws(InputProblem) in
            try expanded(CountedInput(try file.open(), progress), name: file.path)
        }
    }

    private func readLines(
        of file: String, _ lines: JSONLines, _ body: ItemBody, number: Int, offset: Int,
        from open: () throws(InputProblem) -> ByteInput
    ) throws(Diagnostic) {
        let reader = LineReader(file: file, keys: lines.keys, language: source.language, limits: limits)
        var splitter = LineSplitter(limit: limits.maximumDocumentBytes, number: number, offset: offset)
        do throws(InputProblem) {
            let input = try open()
            let give = { (line: LineSplitter.Line, number: Int, offset: Int) throws(InputProblem) in
                guard let item = reader.item(in: line, number: number, offset: offset) else { return }
                try stopping { () throws(Diagnostic) in try body(item) }
            }
            while let piece = try input.next() { try splitter.feed(piece, give) }
            try splitter.end(give)
            try input.checkUnchanged()
        } catch {
            switch error {
            case .skip(let reason, let detail):
                try body(.skip(SkippedInput("\(file):\(splitter.number)", reason, detail)))
            case .stop(let diagnostic): throw diagnostic
            }
        }
    }
}

extension WorkUnit {
    /// A unit that gives nothing but a skip, found while a source was looked through.
    init(_ skipped: SkippedInput) {
        self.init(
            id: "\(skipped.place)!\(skipped.reason)", bytes: 0, stamp: SHA256.digest(of: skipped.place.utf8),
            content: .skips([skipped]))
    }
}
