/// How the rows of a fused parameter are ordered in Serre and in a Hugging Face file.
///
/// Serre keeps groups together, so that tensor parallelism can share them out: each group has a few rows of every part (a
/// head's query, key and value; a gate and its partner). A file keeps parts together: part 0 of all groups, then part 1
/// of all groups, and so on.
public struct RowOrder: Sendable, Equatable {
    /// Rows of each part within one group.
    public let parts: [Int]
    public let groups: Int
    /// The first row of each part within a group, and the group's length at the end.
    private let starts: [Int]

    public init(parts: [Int], groups: Int) {
        self.parts = parts
        self.groups = groups
        starts = parts.reduce(into: [0]) { $0.append(($0.last ?? 0) + $1) }
    }

    public var rows: Int { groups * rowsPerGroup }
    private var rowsPerGroup: Int { starts[parts.count] }

    /// The row in the file, all tensors of the parameter counted as one, of a row of Serre's.
    public func fileRow(of row: Int) -> Int {
        if parts.count == 1 { return row }
        let (group, within) = row.quotientAndRemainder(dividingBy: rowsPerGroup)
        let part = part { $0 > within }
        return groups * starts[part] + group * parts[part] + within - starts[part]
    }

    /// The inverse of ``fileRow(of:)``.
    public func row(ofFileRow fileRow: Int) -> Int {
        if parts.count == 1 { return fileRow }
        let part = part { groups * $0 > fileRow }
        let (group, within) = (fileRow - groups * starts[part]).quotientAndRemainder(dividingBy: parts[part])
        return group * rowsPerGroup + starts[part] + within
    }

    /// The first part whose end, within a group, lies behind a place.
    private func part(_ isBehind: (_ end: Int) -> Bool) -> Int {
        for part in 0..<parts.count - 1 where isBehind(starts[part + 1]) { return part }
        return parts.count - 1
    }
}
