/// The byte strings of tokens, by number, end to end in one array; a number without a token has an empty one.
struct TokenTable: Sendable, Equatable {
    private(set) var blob: [UInt8] = []
    /// Token `i` is `blob[starts[i]..<starts[i + 1]]`.
    private(set) var starts: [UInt32] = [0]

    init() {}

    /// The byte strings in order.
    init(_ tokens: some Sequence<[UInt8]>) {
        for token in tokens { append(token) }
    }

    var count: Int { starts.count - 1 }

    mutating func append(_ bytes: some Sequence<UInt8>) {
        blob += bytes
        starts.append(UInt32(truncatingIfNeeded: blob.count))
    }

    /// The bytes of a token; empty for a number without one.
    subscript(id: TokenID) -> ArraySlice<UInt8> {
        guard id >= 0, id < count else { return [] }
        return blob[Int(starts[Int(id)])..<Int(starts[Int(id) + 1])]
    }
}
