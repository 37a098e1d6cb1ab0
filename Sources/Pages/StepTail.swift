import Foundation
import Ledger

/// The steps in `metrics.jsonl` of a run's folder, read as they are appended: what the run has done since its record was
/// written last.
struct StepTail {
    private let path: String
    /// The file read so far, and how much of it.
    private var file: (device: dev_t, inode: ino_t)?
    private var offset: UInt64 = 0
    /// When the file last changed; `nil` while there is none.
    private(set) var changed: Date?

    /// How much is read at once; the rest comes with the next look.
    private static let bytesMax = 64 << 20

    /// The tail of the file in the folder that a record names, if that is the folder of this very run on this machine.
    init?(_ run: RunID, _ environment: RunEnvironment?) {
        guard let environment, environment.host == RunEnvironment.current().host, let folder = environment.runFolder,
            URL(fileURLWithPath: folder).lastPathComponent == run.text
        else { return nil }
        path = folder + "/metrics.jsonl"
    }

    /// What has been appended.
    struct News {
        var steps: [StepMetrics] = []
        /// The file is another one than before: its first step follows the last one that still counts.
        var isAnew = false
        /// There is more to read.
        var isPartial = false
    }

    /// Reads the lines that are whole; a file that is missing or cannot be read has none.
    mutating func read() -> News {
        var status = stat()
        guard stat(path, &status) == 0, let handle = FileHandle(forReadingAtPath: path) else {
            changed = nil
            return News()
        }
        defer { try? handle.close() }
        changed = Date(
            timeIntervalSince1970: Double(status.st_mtim.tv_sec) + Double(status.st_mtim.tv_nsec) * 1e-9)
        var news = News()
        let isSame = file.map { $0 == (status.st_dev, status.st_ino) } ?? false
        if !isSame || UInt64(max(status.st_size, 0)) < offset {
            (file, offset) = ((status.st_dev, status.st_ino), 0)
            news.isAnew = true
        }
        guard (try? handle.seek(toOffset: offset)) != nil, let data = try? handle.read(upToCount: Self.bytesMax),
            let end = data.lastIndex(of: UInt8(ascii: "\n"))
        else { return news }
        let whole = data[data.startIndex...end]
        offset += UInt64(whole.count)
        news.isPartial = data.count == Self.bytesMax
        // Evaluations and incidents stand in the same file.
        news.steps = StepMetrics.all(in: whole).filter { $0.samples != nil && $0.seconds != nil }
        return news
    }
}
