/// How much of a unit has been taken from the disk, for whoever reads it to look at between two documents.
///
/// For one thread: the one that reads the unit.
public final class ReadingProgress {
    /// The bytes as stored, of a compressed file or an archive; other units are small, and count when they are done.
    public fileprivate(set) var bytes = 0

    public init() {}
}

/// An input whose bytes are counted as they pass.
final class CountedInput: ByteInput {
    private let input: ByteInput
    private let progress: ReadingProgress

    init(_ input: ByteInput, _ progress: ReadingProgress) { (self.input, self.progress) = (input, progress) }

    func next() throws(InputProblem) -> UnsafeRawBufferPointer? {
        let piece = try input.next()
        progress.bytes += piece?.count ?? 0
        return piece
    }

    func checkUnchanged() throws(InputProblem) { try input.checkUnchanged() }
}
