import Foundation

/// Cuts pieces of a file into lines, holding at most one unfinished line and never more than the limit of it.
struct LineSplitter {
    /// The longest line that is given whole, in bytes without its end.
    let limit: Int
    /// The number of the line that comes next.
    private(set) var number: Int
    /// Where that line begins in the file.
    private(set) var offset: Int
    /// The beginning of the line that the pieces so far have not finished.
    private var unfinished: [UInt8] = []
    /// The bytes of the unfinished line, held or not.
    private var unfinishedCount = 0

    /// A line, or only its length where that is over the limit.
    enum Line {
        case whole(UnsafeRawBufferPointer)
        case tooLong(bytes: Int)
    }

    /// Begins at a line's first byte: with its number and its offset in the file.
    init(limit: Int, number: Int = 1, offset: Int = 0) {
        (self.limit, self.number, self.offset) = (limit, number, offset)
    }

    /// Takes the next piece and gives the lines that it finishes, without their ends, in order.
    ///
    /// While `body` runs, ``number`` and ``offset`` are those of its line; they are given along.
    mutating func feed<Failure: Error>(
        _ piece: UnsafeRawBufferPointer, _ body: (Line, _ number: Int, _ offset: Int) throws(Failure) -> Void
    ) throws(Failure) {
        guard let base = piece.baseAddress else { return }
        var start = 0
        while let found = memchr(base + start, 10, piece.count - start) {
            let end = UnsafeRawPointer(found) - base
            let rest = UnsafeRawBufferPointer(start: base + start, count: end - start)
            if unfinishedCount == 0 {
                try give(rest.count <= limit ? .whole(rest) : .tooLong(bytes: rest.count), rest.count, body)
            } else {
                hold(rest)
                try finish(body)
            }
            start = end + 1
            if start == piece.count { return }
        }
        hold(UnsafeRawBufferPointer(start: base + start, count: piece.count - start))
    }

    /// Gives the last line, which no line end follows, if there is one.
    mutating func end<Failure: Error>(
        _ body: (Line, _ number: Int, _ offset: Int) throws(Failure) -> Void
    ) throws(Failure) {
        if unfinishedCount > 0 { try finish(body) }
    }

    private mutating func hold(_ bytes: UnsafeRawBufferPointer) {
        unfinishedCount += bytes.count
        if unfinishedCount <= limit {
            unfinished.append(contentsOf: bytes)
        } else {
            unfinished = []
        }
    }

    private mutating func finish<Failure: Error>(
        _ body: (Line, _ number: Int, _ offset: Int) throws(Failure) -> Void
    ) throws(Failure) {
        let (line, count) = (unfinished, unfinishedCount)
        unfinished = []
        unfinishedCount = 0
        guard count <= limit else { return try give(.tooLong(bytes: count), count, body) }
        var failure: Failure?
        line.withUnsafeBytes { bytes in
            do throws(Failure) { try give(.whole(bytes), count, body) } catch { failure = error }
        }
        if let failure { throw failure }
    }

    private mutating func give<Failure: Error>(
        _ line: Line, _ count: Int, _ body: (Line, _ number: Int, _ offset: Int) throws(Failure) -> Void
    ) throws(Failure) {
        let (number, offset) = (self.number, self.offset)
        self.number += 1
        self.offset += count + 1
        try body(line, number, offset)
    }
}
