import ArgumentParser

/// A number of bytes as people write it: `5GB`, `500MB`, `2GiB`, `1000000`.
struct ByteCount: ExpressibleByArgument, CustomStringConvertible {
    let bytes: Int

    private static let units: [(name: String, bytes: Int)] = [
        ("KIB", 1 << 10), ("MIB", 1 << 20), ("GIB", 1 << 30), ("TIB", 1 << 40), ("KB", 1000), ("MB", 1_000_000),
        ("GB", 1_000_000_000), ("TB", 1_000_000_000_000), ("B", 1), ("", 1),
    ]

    init(bytes: Int) { self.bytes = bytes }

    init?(argument: String) {
        let text = argument.uppercased()
        guard let unit = Self.units.first(where: { text.hasSuffix($0.name) }) else { return nil }
        let digits = text.dropLast(unit.name.count)
        guard !digits.isEmpty, digits.allSatisfy({ "0123456789".contains($0) }), let number = Int(digits), number > 0
        else { return nil }
        let (bytes, overflows) = number.multipliedReportingOverflow(by: unit.bytes)
        guard !overflows else { return nil }
        self.bytes = bytes
    }

    /// In the largest decimal unit that leaves a whole number.
    var description: String {
        let unit = Self.units.last { $0.bytes > 1 && !$0.name.contains("I") && bytes % $0.bytes == 0 }
        return unit.map { "\(bytes / $0.bytes)\($0.name)" } ?? "\(bytes)"
    }
}
