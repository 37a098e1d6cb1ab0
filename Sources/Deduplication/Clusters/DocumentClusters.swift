/// Sets of documents that duplicate each other, by union-find: each set is known by its smallest number.
///
/// Numbers are slots `0..<count`; the result does not depend on the order of the unions.
struct DocumentClusters: Sendable {
    private var parents: [Int]

    init(count: Int) { parents = Array(0..<count) }

    /// The smallest member of the set that holds `member`.
    mutating func smallest(of member: Int) -> Int {
        var at = member
        while parents[at] != at {
            parents[at] = parents[parents[at]]
            at = parents[at]
        }
        return at
    }

    /// Joins the sets of two members; `false` if they were one already.
    @discardableResult
    mutating func join(_ a: Int, _ b: Int) -> Bool {
        let (a, b) = (smallest(of: a), smallest(of: b))
        if a == b { return false }
        // The root is always the smallest: paths stay short by halving alone.
        parents[max(a, b)] = min(a, b)
        return true
    }
}
