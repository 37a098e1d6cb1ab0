/// The tree of rule A4: m·2^k leaves, m odd; each aligned block of 2^k leaves is a balanced binary tree in index
/// order, and the m roots are added left to right.
///
/// This is the slow form, written for reading: the specification of every fast one.
public enum ReductionTree {
    /// Leaves in each balanced block: the largest power of two that divides `leaves` ≥ 1.
    public static func block(_ leaves: Int) -> Int {
        precondition(leaves >= 1, "a tree needs a leaf")
        return leaves & -leaves
    }

    /// Combines values in tree order; `add(left, right)` need be neither associative nor commutative.
    public static func fold<Value>(_ leaves: [Value], _ add: (Value, Value) -> Value) -> Value {
        let width = block(leaves.count)
        var roots = stride(from: 0, to: leaves.count, by: width).map { balanced(leaves[$0..<$0 + width], add) }
        let first = roots.removeFirst()
        return roots.reduce(first, add)
    }

    private static func balanced<Value>(_ leaves: ArraySlice<Value>, _ add: (Value, Value) -> Value) -> Value {
        guard leaves.count > 1 else { return leaves[leaves.startIndex] }
        let middle = leaves.startIndex + leaves.count / 2
        return add(balanced(leaves[..<middle], add), balanced(leaves[middle...], add))
    }

    /// Adds `contributions` element by element: `output[i]` is the tree sum of `contributions[c][i]` over c.
    ///
    /// It has the shape of ``Collective/Combine``.
    public static func sum(
        _ contributions: [UnsafePointer<Float>?], _ output: UnsafeMutablePointer<Float>, _ count: Int
    ) {
        for i in 0..<count { output[i] = fold(contributions.compactMap { $0?[i] }, +) }
    }
}

/// Cuts 0..<`count` into `members` contiguous chunks, as even as possible, at multiples of `quantum`.
///
/// Returns `members` + 1 offsets; only the last offset, `count` itself, need not be a multiple of `quantum`. Chunks may
/// be empty when there are fewer quanta than members.
public func evenCuts(count: Int, members: Int, quantum: Int = 1) -> [Int] {
    precondition(count >= 0 && members >= 1 && quantum >= 1, "cuts need a count, a member and a quantum")
    let quanta = (count + quantum - 1) / quantum
    return (0...members).map { min(count, quanta * $0 / members * quantum) }
}
