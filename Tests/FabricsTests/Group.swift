import Fabrics

/// A small reproducible generator (SplitMix64), so that a failing interleaving can be repeated by its seed.
struct Seeded: RandomNumberGenerator {
    var state: UInt64
    init(_ seed: Int) { state = UInt64(bitPattern: Int64(seed)) &* 0x9E37_79B9_7F4A_7C15 }
    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var z = state
        z = (z ^ (z >> 30)) &* 0xBF58_476D_1CE4_E5B9
        z = (z ^ (z >> 27)) &* 0x94D0_49BB_1331_11EB
        return z ^ (z >> 31)
    }
    /// A float of widely varying exponent, so that the order of additions shows in the bits.
    mutating func float() -> Float {
        let exponent = Int.random(in: -12...12, using: &self)
        return Float.random(in: -1...1, using: &self) * Float(sign: .plus, exponent: exponent, significand: 1)
    }
}

/// Vectors of all members of a group and the collectives over them, stepped in a random order on one thread.
final class Group {
    let ranks: [Int]
    let cuts: [Int]
    /// Elements of the whole vector: so many blocks, each cut alike.
    let count: Int
    let inputs: [[Float]]
    private var memory: [UnsafeMutablePointer<Float>]
    private let outputs: [UnsafeMutablePointer<Float>]

    init(ranks: [Int], cuts: [Int], blocks: Int = 1, seed: Int) {
        self.ranks = ranks
        self.cuts = cuts
        var random = Seeded(seed)
        let count = blocks * (cuts.last ?? 0)
        self.count = count
        inputs = ranks.map { _ in (0..<count).map { _ in random.float() } }
        memory = inputs.map { values in
            let pointer = UnsafeMutablePointer<Float>.allocate(capacity: max(1, values.count))
            pointer.initialize(from: values, count: values.count)
            return pointer
        }
        outputs = ranks.map { _ in
            let pointer = UnsafeMutablePointer<Float>.allocate(capacity: max(1, count))
            pointer.initialize(repeating: .nan, count: max(1, count))
            return pointer
        }
    }

    deinit {
        for pointer in memory + outputs { pointer.deallocate() }
    }

    /// The collective of every member; `inPlace` lets input and output share memory as far as the kind allows.
    func members(
        _ kind: Collective.Kind, tag: UInt32, inPlace: Bool, combine: @escaping Collective.Combine = ReductionTree.sum
    ) -> [Collective] {
        ranks.indices.map { i in
            let (whole, result) = (memory[i], inPlace ? memory[i] : outputs[i])
            let (input, output) =
                switch kind {
                case .allReduce: (whole, result)
                case .reduceScatter: (whole, inPlace ? result + cuts[i] : result)
                case .allGather: (whole + cuts[i], result)
                }
            return Collective(
                kind, group: ranks, member: i, tag: tag, cuts: cuts, input: input, output: output, combine: combine)
        }
    }

    /// The collective of every member over a vector of several blocks, in memory of its own.
    ///
    /// A member's chunk alone begins its memory: see ``packInputs(blocks:)``.
    func members(
        _ kind: Collective.Kind, tag: UInt32, blocks: Int, combine: @escaping Collective.Combine = ReductionTree.sum
    ) -> [Collective] {
        ranks.indices.map { i in
            Collective(
                kind, group: ranks, member: i, tag: tag, cuts: cuts, blocks: blocks, input: memory[i],
                output: outputs[i], combine: combine)
        }
    }

    /// The places of a member's chunk in the whole vector, block after block.
    func places(of member: Int, blocks: Int) -> [Int] {
        (0..<blocks).flatMap { block in (cuts[member]..<cuts[member + 1]).map { block * (cuts.last ?? 0) + $0 } }
    }

    /// Puts each member's chunk of its input, piece after piece, at the beginning of its memory.
    func packInputs(blocks: Int) {
        for member in ranks.indices {
            for (i, place) in places(of: member, blocks: blocks).enumerated() {
                memory[member][i] = inputs[member][place]
            }
        }
    }

    /// Makes each member's output, its chunk, the input of what follows.
    func returnOutputs(blocks: Int) {
        for member in ranks.indices {
            for i in places(of: member, blocks: blocks).indices { memory[member][i] = outputs[member][i] }
        }
    }

    func overwriteWholeInput(of member: Int) { for i in 0..<count { memory[member][i] = .nan } }

    /// The first `count` elements of a member's output as bits.
    func output(_ member: Int, from: Int = 0, count: Int, inPlace: Bool) -> [UInt32] {
        let pointer = inPlace ? memory[member] : outputs[member]
        return (from..<from + count).map { pointer[$0].bitPattern }
    }

    /// Overwrites a member's input but for its own chunk, as the next instruction of a rank may.
    func overwriteInput(of member: Int) {
        for i in 0..<(cuts.last ?? 0) where !(cuts[member]..<cuts[member + 1]).contains(i) { memory[member][i] = .nan }
    }

    /// The tree sum of all inputs, element by element, as bits.
    var sums: [UInt32] {
        (0..<count).map { i in ReductionTree.fold(inputs.map { $0[i] }, +).bitPattern }
    }
}

/// Steps collectives in random order until all are done; returns how many steps it took. `whenDone` hears of each that is.
@discardableResult
func finish(
    _ collectives: [Collective], on fabric: any Fabric, seed: Int, whenDone: (Int) -> Void = { _ in }
) throws -> Int {
    var random = Seeded(seed)
    var running = Array(collectives.indices)
    var steps = 0
    while !running.isEmpty {
        steps += 1
        let place = Int.random(in: running.indices, using: &random)
        if try collectives[running[place]].step(fabric) { whenDone(running.remove(at: place)) }
        precondition(steps < 1_000_000, "the collectives never end")
    }
    return steps
}
