import CArchive
import Diagnostics

/// The rules for reading with libarchive: a reader owns its handle, takes its bytes from any input, and gives the
/// members of an archive one after another, each as an input of its own.
///
/// Every piece is held against the limits of expansion, also what is passed over, so that a small file cannot make
/// endless work. What a damaged file gave before its damage stays given.
final class ArchiveReader: ByteInput {
    /// What the bytes are.
    enum Form {
        /// One compressed file: gzip, xz, zstd or bzip2; it is its own only member.
        case compressed
        /// A tar archive, compressed or not.
        case tar
        /// An `ar` archive, such as a Debian package.
        case ar
    }

    /// A member's description.
    struct Member {
        var path: String
        var isRegular: Bool
        var isFolder: Bool
        var isLink: Bool
        /// In bytes, as the archive states it.
        var size: Int
    }

    /// Whether the archive itself has failed, so that nothing more can come from it.
    private(set) var isDamaged = false
    private let archive: OpaquePointer
    private let feed: Feed
    private let form: Form
    private var isMemberOpen = false
    /// A block of the present member that has been read and not given, in libarchive's memory.
    private var waiting: UnsafeRawBufferPointer?
    /// Where the last block begins in its member, and how much of the member has been given.
    private var blockStart = 0
    private var position = 0
    /// What holes are made of.
    private let zeros: UnsafeMutableRawBufferPointer

    /// Begins to read `input`, which errors call `name`.
    init(_ input: ByteInput, form: Form, name: String, limits: IngestionLimits) throws(InputProblem) {
        guard let archive = archive_read_new() else {
            throw .stop(Diagnostic("ingestion.archive", "libarchive cannot start", kind: .failure))
        }
        (self.archive, self.form) = (archive, form)
        feed = Feed(input: input, archive: archive, name: name, limits: limits)
        zeros = .allocate(byteCount: 4_096, alignment: 64)
        zeros.initializeMemory(as: UInt8.self, repeating: 0)
        ArchiveReader.accept(form, archive)
        let client = Unmanaged.passUnretained(feed).toOpaque()
        let status = archive_read_open(archive, client, nil, { Feed.read($1, $2) }, nil)
        guard status == ARCHIVE_OK else { throw damage() }
        if form == .compressed { try openOnlyMember() }
    }

    deinit {
        archive_read_free(archive)
        zeros.deallocate()
    }

    func checkUnchanged() throws(InputProblem) { try feed.input.checkUnchanged() }

    private static func accept(_ form: Form, _ archive: OpaquePointer) {
        if form != .ar {
            archive_read_support_filter_gzip(archive)
            archive_read_support_filter_xz(archive)
            archive_read_support_filter_lzma(archive)
            archive_read_support_filter_zstd(archive)
            archive_read_support_filter_bzip2(archive)
        }
        switch form {
        case .compressed:
            archive_read_support_format_raw(archive)
            archive_read_support_format_empty(archive)
        case .tar: archive_read_support_format_tar(archive)
        case .ar: archive_read_support_format_ar(archive)
        }
    }

    private func openOnlyMember() throws(InputProblem) {
        let member = try nextMember()
        // Bytes that no filter knows pass as they are.
        if archive_filter_count(archive) < 2 { throw .skip(.damagedArchive, "it is not compressed as its name says") }
        if member == nil, archive_errno(archive) != 0 { throw damage() }
        if member == nil { try checkEnd() }
    }

    /// Throws where something else follows the compressed data than zeros, with which some fill blocks up.
    ///
    /// gzip and bzip2 files may be made of several parts, and libarchive takes one whose first bytes are damaged for the end:
    /// all parts from there on would be missing without a word.
    private func checkEnd() throws(InputProblem) {
        guard form == .compressed else { return }
        let end = Int(archive_filter_bytes(archive, -1))
        if try feed.hasOnlyZeros(from: end) { return }
        isDamaged = true
        try checkUnchanged()
        throw .skip(.damagedArchive, "what follows byte \(end) is no compressed data")
    }

    /// Marks the archive as damaged and says what the last failed call found wrong.
    private func damage() -> InputProblem {
        isDamaged = true
        if let problem = feed.problem { return problem }
        // A file that somebody writes to looks damaged.
        do throws(InputProblem) { try checkUnchanged() } catch { return error }
        let reason = archive_error_string(archive).map { String(cString: $0) }
        return .skip(.damagedArchive, reason ?? "libarchive gives no reason")
    }
}

// MARK: - Members

extension ArchiveReader {
    /// Moves to the next member, passing over the rest of the present one; `nil` at the archive's end.
    func nextMember() throws(InputProblem) -> Member? {
        while try readBlock() {}
        (position, blockStart, waiting) = (0, 0, nil)
        var entry: OpaquePointer?
        var status = archive_read_next_header(archive, &entry)
        for _ in 0..<8 where status == ARCHIVE_RETRY { status = archive_read_next_header(archive, &entry) }
        if feed.problem != nil { throw damage() }
        if status == ARCHIVE_EOF { return nil }
        guard status == ARCHIVE_OK || status == ARCHIVE_WARN, let entry else { throw damage() }
        isMemberOpen = true
        let type = archive_entry_filetype(entry)
        let isHardLink = archive_entry_hardlink(entry) != nil || archive_entry_hardlink_utf8(entry) != nil
        return Member(
            path: ArchiveReader.path(of: entry), isRegular: type == 0o100000 && !isHardLink, isFolder: type == 0o040000,
            isLink: type == 0o120000 || isHardLink, size: max(Int(archive_entry_size(entry)), 0))
    }

    /// The next piece of the present member; where a sparse file has a hole, zeros.
    func next() throws(InputProblem) -> UnsafeRawBufferPointer? {
        while true {
            if let zeros = zerosBeforeBlock() { return zeros }
            if let block = waiting {
                waiting = nil
                position += block.count
                return block
            }
            guard try readBlock() else { return nil }
        }
    }

    /// Reads the next block of the present member, and says whether there was one.
    private func readBlock() throws(InputProblem) -> Bool {
        guard isMemberOpen else { return false }
        var (start, count, offset) = (UnsafeRawPointer?.none, 0, la_int64_t(0))
        let status = archive_read_data_block(archive, &start, &count, &offset)
        guard status == ARCHIVE_OK || status == ARCHIVE_WARN, feed.problem == nil else {
            isMemberOpen = false
            guard status == ARCHIVE_EOF, feed.problem == nil else { throw damage() }
            try checkEnd()
            return false
        }
        if let refusal = feed.expansionProblem { throw refusal }
        blockStart = Int(offset)
        waiting = count > 0 ? UnsafeRawBufferPointer(start: start, count: count) : nil
        return true
    }

    /// A piece of the hole between what has been given and the block that waits.
    private func zerosBeforeBlock() -> UnsafeRawBufferPointer? {
        guard blockStart > position else { return nil }
        let count = min(blockStart - position, zeros.count)
        position += count
        return UnsafeRawBufferPointer(rebasing: zeros[..<count])
    }

    /// A member's path below the archive's root: without a leading `./` or `/`.
    private static func path(of entry: OpaquePointer) -> String {
        guard let name = archive_entry_pathname_utf8(entry) ?? archive_entry_pathname(entry) else { return "" }
        var path = Substring(String(cString: name))
        while path.hasPrefix("./") || path.hasPrefix("/") { path = path.dropFirst(path.hasPrefix("/") ? 1 : 2) }
        return String(path)
    }
}

// MARK: - Feeding

/// What libarchive pulls its bytes from.
private final class Feed {
    let input: ByteInput
    let name: String
    let limits: IngestionLimits
    /// The handle that is fed; it outlives every call.
    let archive: OpaquePointer
    /// Why the input failed, for the call that libarchive is in.
    var problem: InputProblem?
    private var taken = 0
    /// The piece that libarchive has, and the end of the one before, into which it may look back.
    private var piece: UnsafeRawBufferPointer?
    private var tail: [UInt8] = []

    private static let tailBytes = 64

    init(input: ByteInput, archive: OpaquePointer, name: String, limits: IngestionLimits) {
        (self.input, self.archive, self.name, self.limits) = (input, archive, name, limits)
    }

    /// libarchive's read callback: the next piece's address and length, 0 at the end.
    static func read(
        _ client: UnsafeMutableRawPointer?, _ piece: UnsafeMutablePointer<UnsafeRawPointer?>?
    ) -> la_ssize_t {
        guard let client, let piece else { return la_ssize_t(ARCHIVE_FATAL) }
        let feed = Unmanaged<Feed>.fromOpaque(client).takeUnretainedValue()
        do throws(InputProblem) {
            if let refusal = feed.expansionProblem { throw refusal }
            guard let bytes = try feed.next() else { return 0 }
            piece.pointee = bytes.baseAddress
            return bytes.count
        } catch {
            feed.problem = error
            return la_ssize_t(ARCHIVE_FATAL)
        }
    }

    private func next() throws(InputProblem) -> UnsafeRawBufferPointer? {
        if let piece { tail = Array((tail + piece.suffix(Self.tailBytes)).suffix(Self.tailBytes)) }
        piece = nil
        piece = try input.next()
        taken += piece?.count ?? 0
        return piece
    }

    /// Whether the input holds nothing but zeros from a position on, which lies at most a few bytes before the present piece;
    /// reads on until it holds something else.
    func hasOnlyZeros(from position: Int) throws(InputProblem) -> Bool {
        let held = tail + Array(piece?.suffix(max(0, taken - position)) ?? [])
        guard held.suffix(max(0, taken - position)).allSatisfy({ $0 == 0 }) else { return false }
        while let more = try next() {
            guard more.allSatisfy({ $0 == 0 }) else { return false }
        }
        return true
    }

    /// The refusal of a file that has swollen over a limit.
    var expansionProblem: InputProblem? {
        let given = Int(archive_filter_bytes(archive, 0))
        guard archive_filter_count(archive) > 1, given > limits.freeExpansionBytes else { return nil }
        if given > limits.maximumExpandedBytes {
            return refusal(
                "at most \(limits.maximumExpandedBytes) bytes", "\(given) bytes so far", limit: "maximum_expanded_bytes"
            )
        }
        let (allowed, overflow) = taken.multipliedReportingOverflow(by: limits.maximumExpansion)
        guard !overflow, given > allowed else { return nil }
        return refusal(
            "at most \(limits.maximumExpansion) times its compressed size",
            "\(given) bytes from the first \(taken) compressed ones", limit: "maximum_expansion_ratio")
    }

    /// `limit` is the limit's key in a specification.
    private func refusal(_ expected: String, _ found: String, limit: String) -> InputProblem {
        .stop(
            Diagnostic(
                "ingestion.expansion", "the compressed file swells beyond the limit", at: .init(file: name),
                expected: expected, found: found,
                remedy: "leave the file out, or, if you trust it, raise limits.\(limit) in the specification"))
    }
}
