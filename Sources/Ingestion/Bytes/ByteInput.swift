/// A stream of bytes that is pulled piece by piece.
protocol ByteInput: AnyObject {
    /// The next piece, never empty and valid until the next call; `nil` at the end.
    func next() throws(InputProblem) -> UnsafeRawBufferPointer?

    /// Stops the reading where what has been read was written to meanwhile.
    func checkUnchanged() throws(InputProblem)
}

extension ByteInput {
    func checkUnchanged() throws(InputProblem) {}

    /// All that is left, if it is at most `limit` bytes; throws `too-long` as soon as it is more.
    func readAll(limit: Int, expected: Int = 0) throws(InputProblem) -> [UInt8] {
        var bytes = [UInt8]()
        bytes.reserveCapacity(min(max(expected, 0), limit))
        while let piece = try next() {
            guard piece.count <= limit - bytes.count else { throw .skip(.tooLong, "more than \(limit) bytes") }
            bytes.append(contentsOf: piece)
        }
        return bytes
    }
}
