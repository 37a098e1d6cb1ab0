import Foundation

/// Cuts a plain JSONL file into units of whole lines, and counts the lines, as its bytes go by.
struct LineCutter {
    private let file: InputFile
    private let unitBytes: Int
    private var units: [WorkUnit] = []
    /// Where the unit in hand begins, and the number of its first line.
    private var start = (offset: 0, line: 1)
    private var offset = 0
    private var line = 1

    init(file: InputFile, unitBytes: Int) {
        (self.file, self.unitBytes) = (file, unitBytes)
    }

    /// Takes the next piece of the file.
    mutating func take(_ piece: UnsafeRawBufferPointer) {
        guard let base = piece.baseAddress else { return }
        var at = 0
        while let found = memchr(base + at, 10, piece.count - at) {
            at = UnsafeRawPointer(found) - base + 1
            line += 1
            if (offset + at) / unitBytes > start.offset / unitBytes { close(at: offset + at) }
        }
        offset += piece.count
    }

    /// The units of the whole file.
    mutating func finish() -> [WorkUnit] {
        if offset > start.offset { close(at: offset) }
        return units
    }

    private mutating func close(at end: Int) {
        let detail = "\(start.offset)-\(end)"
        units.append(
            WorkUnit(
                id: "\(file.place)@\(detail)", bytes: end - start.offset, stamp: file.stamp(detail),
                content: .lines(file: file, bytes: start.offset..<end, firstLine: start.line)))
        start = (end, line)
    }
}
