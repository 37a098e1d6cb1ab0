/// Many paths in little memory, in order, with what was skipped among them.
struct PathList: Sendable, Equatable {
    /// The paths' bytes, a zero byte after each.
    private var bytes: [UInt8] = []
    /// How many paths there are.
    private(set) var count = 0
    /// What was skipped, each before the path of its number.
    private var skips: [Skip] = []

    private struct Skip: Sendable, Equatable {
        var before: Int
        var skipped: SkippedInput
    }

    enum Element: Equatable {
        case path(String)
        case skip(SkippedInput)
    }

    var isEmpty: Bool { count == 0 && skips.isEmpty }

    mutating func append(_ path: String) {
        bytes.append(contentsOf: path.utf8)
        bytes.append(0)
        count += 1
    }

    mutating func append(_ skipped: SkippedInput) {
        skips.append(Skip(before: count, skipped: skipped))
    }

    /// Visits all, in order.
    func forEach<Failure: Error>(_ body: (Element) throws(Failure) -> Void) throws(Failure) {
        var (start, number, skip) = (0, 0, 0)
        while true {
            while skip < skips.count, skips[skip].before == number {
                try body(.skip(skips[skip].skipped))
                skip += 1
            }
            guard number < count, let end = bytes[start...].firstIndex(of: 0) else { return }
            try body(.path(String(decoding: bytes[start..<end], as: UTF8.self)))
            (start, number) = (end + 1, number + 1)
        }
    }
}
