import Integrity

/// A part of a source that is read on its own, in one go: by any worker, in any order, again after a stop.
///
/// The documents of a source are those of its units one after another, however the units are cut.
public struct WorkUnit: Sendable, Equatable {
    /// Names the unit within its source: the same for the same source and limits.
    public let id: String
    /// The bytes that reading it takes from the disk, as stored: for progress.
    public let bytes: Int
    /// Stands for the state of the files when the units were cut: paths, sizes and times, or the ids of git objects.
    ///
    /// A unit whose id and stamp are those of an earlier run need not be read again.
    public let stamp: Digest
    let content: Content

    enum Content: Sendable, Equatable {
        /// Text files below the source's root.
        case files(PathList)
        /// The whole lines of plain JSONL in `bytes`, the first of which has the number `firstLine`.
        case lines(file: InputFile, bytes: Range<Int>, firstLine: Int)
        /// A compressed JSONL file.
        case compressedLines(InputFile)
        /// A Debian package or an archive.
        case archive(InputFile)
        /// Files of a git revision.
        case blobs(BlobList)
        /// What was found while the units were cut, and belongs to no other unit.
        case skips([SkippedInput])
    }
}
