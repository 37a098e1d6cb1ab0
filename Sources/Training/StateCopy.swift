import Foundation
import Numerics

/// A copy of what this host owns of the state, so that it can be written while training changes the original.
///
/// The pieces point into memory that only this value writes, once, before anybody else sees it.
final class StateCopy: @unchecked Sendable {
    let pieces: [StatePiece]
    private let memory: UnsafeMutableRawPointer

    init(_ originals: [StatePiece]) {
        let bytes = 12 * originals.reduce(0) { $0 + $1.elements.count }
        memory = .allocate(byteCount: max(bytes, 1), alignment: Self.hugePage)
        // Training waits for the copy, and most of the time would go into taking fresh memory in small pages.
        madvise(memory, bytes, MADV_HUGEPAGE)
        var free = memory.bindMemory(to: Float.self, capacity: bytes / 4)
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

    private static let hugePage = 2 << 20

    deinit { memory.deallocate() }
}
