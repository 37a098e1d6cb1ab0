/// An `.idx` file as its parts, written by an encoder of the tests' own.
struct ModelIndex {
    var magic: [UInt8] = Array("MMIDIDX\0\0".utf8)
    var version: UInt64 = 1
    var type: UInt8
    /// Counts that the header claims in place of the true ones.
    var claimedSequences: UInt64?
    var claimedMarks: UInt64?
    var lengths: [Int32]
    var offsets: [Int64]
    var marks: [Int64]
    /// Bytes after the last array.
    var tail: [UInt8] = []

    /// A well-formed index of documents of one sequence each.
    init(type: UInt8, lengths: [Int32]) {
        self.type = type
        self.lengths = lengths
        offsets = []
        var offset: Int64 = 0
        for length in lengths {
            offsets.append(offset)
            offset += Int64(length) * Self.width(type)
        }
        marks = (0...lengths.count).map { Int64($0) }
    }

    /// Bytes of the `.bin` file that belongs to it.
    var dataBytes: Int { lengths.reduce(0) { $0 + Int($1) } * Int(Self.width(type)) }

    var file: [UInt8] {
        var bytes = magic
        func append(_ number: some FixedWidthInteger) { withUnsafeBytes(of: number.littleEndian) { bytes += $0 } }
        append(version)
        append(type)
        append(claimedSequences ?? UInt64(lengths.count))
        append(claimedMarks ?? UInt64(marks.count))
        lengths.forEach { append($0) }
        offsets.forEach { append($0) }
        marks.forEach { append($0) }
        return bytes + tail
    }

    static func width(_ type: UInt8) -> Int64 { [1: 1, 2: 1, 3: 2, 4: 4, 5: 8, 8: 2][type] ?? 1 }
}
