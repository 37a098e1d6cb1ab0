/// What costly measures look at of a text: all of a short one, pieces spread evenly over a long one.
enum TextSample {
    /// The ranges that are looked at, of `bytes` bytes in sum; none begins or ends inside a character.
    static func ranges(of text: UnsafeBufferPointer<UInt8>, bytes: Int, pieces: Int) -> [Range<Int>] {
        guard text.count > bytes else { return [0..<text.count] }
        let length = bytes / pieces
        return (0..<pieces).map { piece in
            var start = (text.count - length) / (pieces - 1) * piece
            while start < text.count, text[start] & 0xC0 == 0x80 { start += 1 }
            var end = min(text.count, start + length)
            while end < text.count, end > start, text[end] & 0xC0 == 0x80 { end -= 1 }
            return start..<max(start, end)
        }
    }
}
