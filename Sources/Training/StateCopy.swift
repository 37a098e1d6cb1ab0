import Numerics

/// A copy of what this host owns of the state, so that it can be written while training changes the original.
///
/// The pieces point into memory that only this value writes, once, before anybody else sees it.
final class StateCopy: @unchecked Sendable {
    let pieces: [StatePiece]
    private let memory: UnsafeMutablePointer<Float>

    /// Bytes of the copy of a state: value and two moments in float32.
    static let bytesPerElement = 12

    init(_ originals: [StatePiece]) {
        let total = 3 * originals.reduce(0) { $0 + $1.elements.count }
        memory = .allocate(capacity: max(total, 1))
        var free = memory
        func copied(_ place: UnsafeMutablePointer<Float>, _ count: Int) -> UnsafeMutablePointer<Float> {
            defer { free += count }
            free.initialize(from: place, count: count)
            return free
        }
        pieces = originals.map { original in
            var piece = original
            let count = original.elements.count
            piece.values = copied(original.values, count)
            piece.firstMoment = copied(original.firstMoment, count)
            piece.secondMoment = copied(original.secondMoment, count)
            return piece
        }
    }

    deinit { memory.deallocate() }
}
