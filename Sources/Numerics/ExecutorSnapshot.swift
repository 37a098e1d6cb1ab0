import CKernels
import Programs

/// A copy of what the local ranks keep between steps, bit for bit, replicas and all.
public struct ExecutorSnapshot: Sendable {
    fileprivate let memories: [[UInt8]]
}

extension Executor {
    /// Copies what the local ranks keep between steps.
    public func snapshot() -> ExecutorSnapshot {
        ExecutorSnapshot(memories: ranks.flatMap { $0.memory.lasting.map { Array($0) } })
    }

    /// Goes back to a copy that this executor has made.
    public func restore(_ snapshot: ExecutorSnapshot) {
        let places = ranks.flatMap { $0.memory.lasting }
        precondition(places.map(\.count) == snapshot.memories.map(\.count), "a copy of other ranks")
        for (place, bytes) in zip(places, snapshot.memories) { place.copyBytes(from: bytes) }
    }

    /// A number for each local rank and each parameter of the model that tells what the rank holds of it (values, and
    /// moments where they are its own) from all that differs in one bit, and nearly always from all else.
    public func stateSums() -> [[UInt64]] {
        ranks.map { rank in
            var sums = [UInt64](repeating: 0, count: ModelParameters(rank.recipe.model).all.count)
            func add(_ bytes: UnsafeRawBufferPointer, to parameter: Int) {
                sums[parameter] = mixedWords(sums[parameter], wordSum(bytes))
            }
            for part in rank.heldParts { add(rank.bytes(of: part.place), to: part.entry.modelIndex) }
            for piece in rank.ownedPieces {
                let tensors = [piece.firstMoment, piece.secondMoment] + (rank.hasMasters ? [piece.values] : [])
                for tensor in tensors {
                    add(
                        UnsafeRawBufferPointer(start: tensor, count: 4 * piece.elements.count), to: piece.modelIndex)
                }
            }
            return sums
        }
    }

    /// A number for each part of a parameter that a local rank holds, as ``stateSums()`` gives for the whole: ranks that
    /// hold the same elements must come to the same number.
    public func parameterSums() -> [HeldSum] {
        ranks.flatMap { rank in
            rank.heldParts.map { part in
                HeldSum(
                    rank: rank.rank, parameter: part.entry.modelIndex, elements: part.elements,
                    sum: wordSum(rank.bytes(of: part.place)))
            }
        }
    }
}

/// A number that stands for the part of a parameter that a rank holds.
public struct HeldSum: Sendable, Equatable {
    public var rank: Int
    /// Place of the parameter in model order.
    public var parameter: Int
    /// The elements of the whole tensor, row-major.
    public var elements: Range<Int>
    public var sum: UInt64

    public init(rank: Int, parameter: Int, elements: Range<Int>, sum: UInt64) {
        self.rank = rank
        self.parameter = parameter
        self.elements = elements
        self.sum = sum
    }
}

extension RankExecutor {
    /// The bytes of an operand that outlives a pass.
    fileprivate func bytes(of operand: Operand) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(
            start: memory.bytes(operand, microbatch: 0), count: operand.count * memory.elementBytes(operand))
    }
}

/// A sum over 8-byte words that any one changed word changes: each step is invertible.
public func wordSum(_ bytes: UnsafeRawBufferPointer) -> UInt64 {
    serre_word_sum(bytes.baseAddress, Int64(bytes.count))
}

/// Takes another number into a sum; no two numbers give the same.
public func mixedWords(_ sum: UInt64, _ number: UInt64) -> UInt64 { (sum ^ number) &* 0x2545_F491_4F6C_DD1D }
