import Diagnostics
import Fabrics
import Integrity
import Numerics
import Programs
import Recipes

/// The digest of the whole training state: a Merkle tree over A11's blocks, the same for every layout.
///
/// - A block's leaf is SHA-256(0x00 ‖ parameter values ‖ first moments ‖ second moments), little-endian float32.
/// - A parameter's digest is SHA-256(0x02 ‖ name ‖ 0x00 ‖ rows ‖ columns ‖ root of its leaves, segments in order).
/// - The state's digest is SHA-256(0x03 ‖ step ‖ samples consumed ‖ root of the parameters in model order).
/// - Where the recipe has a guard, it is SHA-256(0x04 ‖ the digest so far ‖ what the guard remembers).
///
/// Integers are 64-bit little-endian; roots are those of `merkleRoot(_:)`.
public struct StateDigest: Sendable, Equatable {
    public var root: Digest
    /// One digest per parameter, in model order, so that two states can be compared tensor by tensor.
    public var parameters: [(name: String, digest: Digest)]

    public static func == (a: StateDigest, b: StateDigest) -> Bool { a.root == b.root }

    /// Hashes what each host owns and combines the blocks of all hosts; every host must call it at the same step.
    public init(of executor: Executor, step: Int, samples: Int, history: GuardHistory? = nil) throws(Diagnostic) {
        let all = try executor.fabric.gatherFromHosts(Self.leaves(of: executor.ownedPieces))
        try self.init(leavesOfHosts: all, recipe: executor.recipe, step: step, samples: samples, history: history)
    }

    /// The leaves of some pieces, as one host tells them to the others.
    static func leaves(of pieces: [StatePiece]) -> [UInt8] {
        var bytes: [UInt8] = []
        for piece in pieces { append(piece, to: &bytes) }
        return bytes
    }

    /// Combines the leaves of all hosts.
    init(
        leavesOfHosts: [[UInt8]], recipe: Recipe, step: Int, samples: Int, history: GuardHistory?
    ) throws(Diagnostic) {
        let specs = ModelParameters(recipe.model).all
        let segments = recipe.segments
        var leaves = specs.map { Self.emptyLeaves($0, segments) }
        for bytes in leavesOfHosts { Self.place(bytes, into: &leaves) }
        var parameters: [(name: String, digest: Digest)] = []
        for (spec, blocks) in zip(specs, leaves) {
            let known = blocks.flatMap { $0 }.compactMap { $0 }
            guard known.count == blocks.reduce(0, { $0 + $1.count }) else {
                throw Diagnostic(
                    "state.incomplete", "no rank owns some blocks of \(spec.name)", kind: .failure)
            }
            let head: [UInt8] = [2] + Array(spec.name.utf8) + [0] + littleEndian(spec.rows) + littleEndian(spec.columns)
            parameters.append((spec.name, SHA256.digest(of: head + merkleRoot(known).bytes)))
        }
        self.parameters = parameters
        let top = merkleRoot(parameters.map { $0.digest }).bytes
        let plain = SHA256.digest(of: [3] + littleEndian(step) + littleEndian(samples) + top)
        root = history.map { SHA256.digest(of: [4] + plain.bytes + $0.encoded) } ?? plain
    }

    private static func emptyLeaves(_ spec: ParameterSpec, _ segments: Int) -> [[Digest?]] {
        let count = spec.segmentCount(segments)
        let blocks = (spec.count / count + ShardLayout.blockElements - 1) / ShardLayout.blockElements
        return Array(repeating: Array(repeating: nil, count: blocks), count: count)
    }

    /// Writes (parameter, segment, first block, blocks) and the leaves of one piece.
    private static func append(_ piece: StatePiece, to bytes: inout [UInt8]) {
        let count = piece.elements.count
        let block = ShardLayout.blockElements
        bytes += [piece.modelIndex, piece.segment, piece.block, (count + block - 1) / block].flatMap(littleEndian)
        for start in stride(from: 0, to: count, by: block) {
            let length = min(block, count - start)
            var hash = SHA256()
            hash.update([0])
            for tensor in [piece.values, piece.firstMoment, piece.secondMoment] {
                hash.update(UnsafeRawBufferPointer(start: tensor + start, count: 4 * length))
            }
            bytes += hash.finish().bytes
        }
    }

    private static func place(_ bytes: [UInt8], into leaves: inout [[[Digest?]]]) {
        var next = 0
        func integer() -> Int {
            defer { next += 8 }
            return (0..<8).reduce(0) { $0 | Int(bytes[next + $1]) << (8 * $1) }
        }
        while next < bytes.count {
            let (parameter, segment, first, count) = (integer(), integer(), integer(), integer())
            for block in first..<(first + count) {
                leaves[parameter][segment][block] = Digest(bytes: Array(bytes[next..<(next + 32)]))
                next += 32
            }
        }
    }
}

func littleEndian(_ value: Int) -> [UInt8] { (0..<8).map { UInt8(truncatingIfNeeded: value >> (8 * $0)) } }
