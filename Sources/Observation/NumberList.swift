import Diagnostics

/// Numbers as people list them: `0,4-7`.
public struct NumberList: Sendable, Equatable {
    /// Ascending, apart from each other.
    private var ranges: [ClosedRange<Int>]

    /// Reads a list of numbers from 0 to `last`.
    ///
    /// - Parameters:
    ///   - text: numbers and ranges, such as `0,4-7`.
    ///   - last: the largest number that makes sense.
    ///   - key: what asks for them, such as `--ranks`.
    /// - Throws: `timeline.numbers` for anything else.
    public init(_ text: String, upTo last: Int, key: String) throws(Diagnostic) {
        var found: [ClosedRange<Int>] = []
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let ends = part.split(separator: "-", omittingEmptySubsequences: false).map { Self.number($0) }
            guard ends.count <= 2, let first = ends[0], let end = ends[ends.count - 1], first <= end, end <= last else {
                throw Diagnostic(
                    "timeline.numbers", "not a list of numbers that are there", at: .init(key: key),
                    expected: last > 0 ? "numbers from 0 to \(last), such as 0 or 0-\(last)" : "0",
                    found: "“\(part)”")
            }
            found.append(first...end)
        }
        found.sort { $0.lowerBound < $1.lowerBound }
        ranges = []
        for range in found {
            if let old = ranges.last, range.lowerBound <= old.upperBound {
                ranges[ranges.count - 1] = old.lowerBound...max(old.upperBound, range.upperBound)
            } else {
                ranges.append(range)
            }
        }
    }

    private static func number(_ text: Substring) -> Int? {
        text.isEmpty || !text.allSatisfy { "0123456789".contains($0) } ? nil : Int(text)
    }

    public func contains(_ number: Int) -> Bool { ranges.contains { $0.contains(number) } }

    /// All of them, ascending.
    public var numbers: [Int] { ranges.flatMap { Array($0) } }
    public var count: Int { ranges.reduce(0) { $0 + $1.count } }
}
