/// A stretch of text that is spoken for: a match, or a replacement that was there before.
struct RedactionSpan: Sendable {
    var range: Range<Int>
    /// `nil` for a replacement that was there before.
    var kind: PersonalDataKind?
}

/// Spans in the text's order that do not touch, found in passes from left to right.
///
/// A candidate that overlaps or touches a span is refused: the second time spans are replacements, and what was refused for
/// touching one is refused again.
struct RedactionSpans {
    private(set) var spans = [RedactionSpan]()
    /// Of the pass under way.
    private var fresh = [RedactionSpan]()
    /// The first of `spans` that does not end before the last candidate.
    private var cursor = 0

    mutating func removeAll() {
        spans.removeAll(keepingCapacity: true)
        fresh.removeAll(keepingCapacity: true)
        cursor = 0
    }

    /// Whether a stretch is apart from all spans; stretches are asked about in ascending order within a pass.
    mutating func isApart(_ range: Range<Int>) -> Bool {
        if let last = fresh.last, last.range.upperBound >= range.lowerBound { return false }
        while cursor < spans.count && spans[cursor].range.upperBound < range.lowerBound { cursor += 1 }
        return cursor == spans.count || spans[cursor].range.lowerBound > range.upperBound
    }

    /// Adds a match if it is apart from all spans.
    @discardableResult
    mutating func add(_ range: Range<Int>, _ kind: PersonalDataKind?) -> Bool {
        guard isApart(range) else { return false }
        fresh.append(RedactionSpan(range: range, kind: kind))
        return true
    }

    /// Ends a pass: the next one begins at the left again.
    mutating func endPass() {
        cursor = 0
        if fresh.isEmpty { return }
        if let last = spans.last, let first = fresh.first, last.range.lowerBound > first.range.lowerBound {
            spans.append(contentsOf: fresh)
            spans.sort { $0.range.lowerBound < $1.range.lowerBound }
        } else {
            spans.append(contentsOf: fresh)
        }
        fresh.removeAll(keepingCapacity: true)
    }

    /// The stretches of a range between the spans.
    func gaps(in range: Range<Int>) -> [Range<Int>] {
        var gaps = [Range<Int>]()
        var start = range.lowerBound
        for span in spans {
            if span.range.lowerBound > start { gaps.append(start..<span.range.lowerBound) }
            start = span.range.upperBound
        }
        if start < range.upperBound { gaps.append(start..<range.upperBound) }
        return gaps
    }
}
