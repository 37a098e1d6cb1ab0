/// What the newest commit of a record says about the run, read from the raw commit: a list of runs needs no more.
///
/// Says what ``RecordMessage`` says of the same commit, at a small part of its cost: lists hold thousands of runs.
struct RecordTip: Equatable {
    var format: Int
    var progress: RunProgress
    /// The committer's time, in seconds since 1970.
    var seconds: Int64

    /// Reads a commit as git stores it; `nil` when it is not one of a record.
    init?(rawCommit bytes: UnsafeRawBufferPointer) {
        guard let seconds = Self.committerSeconds(bytes) else { return nil }
        self.seconds = seconds
        var end = bytes.count
        while end > 0, bytes[end - 1] == 10 { end -= 1 }
        var (isRecord, hasEvent) = (false, false)
        var format: Int?
        progress = RunProgress(recipe: "", state: .unreadable, step: 0, digest: nil)
        // The trailers are the last paragraph; read backwards, so that of a key given twice the first counts.
        while end > 0 {
            var start = end
            while start > 0, bytes[start - 1] != 10 { start -= 1 }
            if start == end { break }
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            end = max(0, start - 1)
            guard line.starts(with: "Serre-".utf8), let colon = line.firstIndex(of: UInt8(ascii: ":")) else { continue }
            let key = String(decoding: line[..<colon], as: UTF8.self)
            let value = String(decoding: line[(colon + 1)...].drop { $0 == 32 }, as: UTF8.self)
            switch key {
            case "Serre-Run": isRecord = true
            case "Serre-Event": hasEvent = true
            case "Serre-Format": format = Int(value)
            case "Serre-Recipe": progress.recipe = value
            case "Serre-State": progress.state = RunState(rawValue: value) ?? .unreadable
            case "Serre-Last-Step": progress.step = Int(value) ?? 0
            case "Serre-Last-Digest": progress.digest = value
            case "Serre-Steps-Planned": progress.planned = Int(value)
            default: break
            }
        }
        guard isRecord, hasEvent, let format else { return nil }
        self.format = format
    }

    /// The time in `committer Name <mail> seconds zone`, a line of the header.
    private static func committerSeconds(_ bytes: UnsafeRawBufferPointer) -> Int64? {
        var start = 0
        while start < bytes.count, bytes[start] != 10 {
            let end = bytes[start...].firstIndex(of: 10) ?? bytes.count
            let line = UnsafeRawBufferPointer(rebasing: bytes[start..<end])
            if line.starts(with: "committer ".utf8) {
                let words = line.split(separator: 32).suffix(2)
                return words.first.flatMap { Int64(String(decoding: $0, as: UTF8.self)) }
            }
            start = end + 1
        }
        return nil
    }
}
