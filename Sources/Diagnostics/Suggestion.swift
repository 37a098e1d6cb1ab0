/// The candidate nearest to a mistyped word, if it is near enough to be what was meant.
///
/// Nearness is the optimal string alignment distance (insert, delete, replace, swap neighbours: each costs 1); a
/// candidate qualifies at a distance of at most a third of the longer word, and at least 1 is always allowed.
public func nearestWord(to word: String, among candidates: [String]) -> String? {
    var best: (distance: Int, word: String)?
    for candidate in candidates {
        let distance = alignmentDistance(Array(word.lowercased().utf8), Array(candidate.lowercased().utf8))
        let limit = max(1, max(word.utf8.count, candidate.utf8.count) / 3)
        if distance <= limit, distance < (best?.distance ?? .max) { best = (distance, candidate) }
    }
    return best?.word
}

private func alignmentDistance(_ a: [UInt8], _ b: [UInt8]) -> Int {
    var beforeLast = [Int](repeating: 0, count: b.count + 1)
    var last = Array(0...b.count)
    for i in 0..<a.count {
        var row = [i + 1] + [Int](repeating: 0, count: b.count)
        for j in 0..<b.count {
            row[j + 1] = min(last[j + 1] + 1, row[j] + 1, last[j] + (a[i] == b[j] ? 0 : 1))
            if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { row[j + 1] = min(row[j + 1], beforeLast[j - 1] + 1) }
        }
        beforeLast = last
        last = row
    }
    return last[b.count]
}
