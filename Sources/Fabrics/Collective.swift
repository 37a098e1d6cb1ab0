import Diagnostics

/// One member's share of a collective over vectors of float32, or of other elements that are only moved, in canonical order, stepped until it is done.
///
/// Every member of the group makes one with the same kind, group, tag and cuts, and an executor steps each whenever its
/// rank is next; ``step(_:)`` never blocks. Chunk i of the vector belongs to member i: every member sends its piece of the chunk
/// to that owner, the owner combines all contributions in member order once all are there, and sends the result to all
/// (rule A12). The order in which members are stepped or messages arrive changes no bit. It moves as many bytes as a ring.
/// A vector of several blocks has its chunks in pieces, one per block; alone, the pieces of a chunk lie one after the other.
public final class Collective {
    /// Which halves of the exchange take place, and what `input` and `output` are.
    public enum Kind: Sendable, Equatable {
        /// Both halves: `input` and `output` are whole vectors and may be the same memory.
        case allReduce
        /// The first half: `input` is the whole vector, `output` the member's own chunk, which may lie in `input`.
        case reduceScatter
        /// The second half: `input` is the member's own chunk, which may lie at its place in `output`, the whole vector.
        case allGather
    }

    /// Combines contributions in member order into `output`, `count` elements each; `output` overlaps none of them. Elements
    /// other than float32 have their bytes where the floats would be.
    ///
    /// No contribution is `nil`; the optional is C's `const float *const *`.
    public typealias Combine = (
        _ contributions: [UnsafePointer<Float>?], _ output: UnsafeMutablePointer<Float>, _ count: Int
    ) -> Void

    private enum Stage { case scatter, combine, collect, settle, done }

    private let kind: Kind
    private let group: [Int]
    private let member: Int
    private let tag: UInt32
    private let cuts: [Int]
    private let blocks: Int
    private let elementBytes: Int
    private let input: UnsafeRawPointer
    private let output: UnsafeMutableRawPointer
    private let combine: Combine
    private var stage: Stage
    /// The contributions to this member's chunk that have come, one for each other member before `next`, in order.
    private var contributions: [Payload] = []
    /// Pieces that were lent to their owners, who have read them when nobody else refers to them. Until then a reduce-scatter
    /// isn't done; an all-reduce knows by the owners' results.
    private var lent: [Payload] = []
    /// The member whose message is awaited: messages are taken in member order, since all are needed before going on.
    private var next = 0
    /// How far this share has come: it grows with everything that is sent, taken or finished.
    public private(set) var progress = 0

    /// Prepares the share of `group[member]`; nothing is sent before the first step.
    ///
    /// `group` lists the ranks in member order; `cuts` are `group.count` + 1 ascending element offsets from 0, within each of
    /// `blocks` equal blocks (one for an all-reduce); `tag` must not be in use between these ranks. The memory must stay in
    /// place until the collective is done.
    public init(
        _ kind: Kind, group: [Int], member: Int, tag: UInt32, cuts: [Int], blocks: Int = 1,
        elementBytes: Int = MemoryLayout<Float>.stride, input: UnsafeRawPointer, output: UnsafeMutableRawPointer,
        combine: @escaping Combine
    ) {
        precondition(blocks == 1 || blocks > 1 && kind != .allReduce, "an exchange in \(blocks) blocks")
        precondition(group.indices.contains(member), "no member \(member) in a group of \(group.count)")
        precondition(cuts.count == group.count + 1 && cuts[0] == 0, "a group of \(group.count) with cuts \(cuts)")
        precondition(zip(cuts, cuts.dropFirst()).allSatisfy { $0 <= $1 }, "cuts must ascend")
        self.kind = kind
        self.group = group
        self.member = member
        self.tag = tag
        self.cuts = cuts
        self.blocks = blocks
        self.elementBytes = elementBytes
        self.input = input
        self.output = output
        self.combine = combine
        stage = .scatter
    }

    /// Goes as far as the arrived messages allow; `true` when this member's share is done.
    public func step(_ fabric: any Fabric) throws(Diagnostic) -> Bool {
        if stage == .scatter { begin(fabric) }
        if stage == .combine, try gatherContributions(fabric) { finishChunk(fabric) }
        if stage == .collect, try collectResults(fabric) { stage = .done }
        if stage == .settle, allAreReturned() { stage = .done }
        return stage == .done
    }

    /// The rank whose message is missing; `nil` when this share waits for none, or for others to have read what it lent them.
    public var awaited: Int? {
        switch stage {
        case .combine, .collect:
            let others = group.indices.dropFirst(next).filter { $0 != member }
            return others.first { stage == .combine || size($0) > 0 }.map { group[$0] }
        case .scatter, .settle, .done: return nil
        }
    }

    /// Elements of chunk `i`.
    private func size(_ i: Int) -> Int { blocks * (cuts[i + 1] - cuts[i]) }

    /// Bytes of chunk `i`, and of its piece in a block.
    private func bytes(_ i: Int) -> Int { size(i) * elementBytes }
    private func pieceBytes(_ i: Int) -> Int { (cuts[i + 1] - cuts[i]) * elementBytes }

    /// Where chunk `i` begins in a block of a whole vector, in bytes.
    private func offset(_ i: Int, block: Int = 0) -> Int { (block * cuts[group.count] + cuts[i]) * elementBytes }

    /// Chunk `i` of a whole vector, its pieces one after the other, in memory of its own.
    private func packed(_ i: Int, of vector: UnsafeRawPointer) -> Payload {
        Payload(byteCount: bytes(i)) { memory in
            for block in 0..<blocks where pieceBytes(i) > 0 {
                memory.baseAddress?.advanced(by: block * pieceBytes(i))
                    .copyMemory(from: vector + offset(i, block: block), byteCount: pieceBytes(i))
            }
        }
    }

    /// Puts chunk `i` in its places in the output.
    private func place(_ i: Int, _ chunk: UnsafeRawPointer) {
        for block in 0..<blocks where pieceBytes(i) > 0 {
            let target = output + offset(i, block: block)
            let piece = chunk + block * pieceBytes(i)
            if target != piece { target.copyMemory(from: piece, byteCount: pieceBytes(i)) }
        }
    }

    /// Sends this member's pieces to their owners; for an all-gather, its finished chunk.
    private func begin(_ fabric: any Fabric) {
        if kind == .allGather {
            let chunk = UnsafeRawBufferPointer(start: input, count: bytes(member))
            place(member, input)
            if group.count > 1 { publish(Payload(copying: chunk), fabric) }
            stage = .collect
            progress += 1
            return
        }
        for other in group.indices where other != member && size(other) > 0 {
            let piece = UnsafeRawBufferPointer(start: input + offset(other), count: bytes(other))
            // Between hosts a copy leaves at its own pace; within one the owner reads this member's own memory.
            let lends = fabric.hosts == 1 && blocks == 1
            let payload = lends ? Payload(lending: piece) : packed(other, of: input)
            fabric.send(payload, from: group[member], to: group[other], tag: tag)
            if lends, kind == .reduceScatter { lent.append(payload) }
        }
        progress += 1
        contributions.reserveCapacity(size(member) > 0 ? group.count - 1 : 0)
        stage = .combine
    }

    /// Takes the others' pieces of this member's chunk; `true` when all are there.
    private func gatherContributions(_ fabric: any Fabric) throws(Diagnostic) -> Bool {
        guard size(member) > 0 else { return true }
        while next < group.count {
            if next != member {
                guard let payload = try takeChunk(member, from: next, fabric) else { return false }
                contributions.append(payload)
                progress += 1
            }
            next += 1
        }
        return true
    }

    /// Combines this member's chunk, puts it in place and sends it on.
    ///
    /// The result is built in the memory that will be sent, so that it costs no further copy and never overwrites
    /// this member's own contribution while that is being read.
    private func finishChunk(_ fabric: any Fabric) {
        let count = size(member)
        let inOneBlock = blocks > 1 ? packed(member, of: input) : nil
        let own = inOneBlock.map { UnsafeRawPointer(Self.floats($0)) } ?? input + offset(member)
        defer { withExtendedLifetime(inOneBlock) {} }
        let target = kind == .allReduce ? output + offset(member) : output
        if group.count > 1, count > 0 {
            let result = Payload(byteCount: bytes(member)) { memory in
                let sum = memory.bindMemory(to: Float.self).baseAddress
                if let sum { combine(pointers(own.assumingMemoryBound(to: Float.self)), sum, count) }
            }
            contributions = []
            result.withBytes { UnsafeMutableRawBufferPointer(start: target, count: $0.count).copyMemory(from: $0) }
            if kind == .allReduce { publish(result, fabric) }
        } else if target != own {
            target.copyMemory(from: own, byteCount: bytes(member))
        }
        next = 0
        progress += 1
        stage = kind == .allReduce ? .collect : .settle
    }

    /// Whether the owners have read and dropped all pieces that were lent to them.
    private func allAreReturned() -> Bool {
        while var last = lent.popLast() {
            guard isKnownUniquelyReferenced(&last) else {
                lent.append(last)
                return false
            }
            progress += 1
        }
        return true
    }

    /// The contributions in member order, with this member's own in place. The payloads stay alive in `contributions`.
    private func pointers(_ own: UnsafePointer<Float>) -> [UnsafePointer<Float>?] {
        var pointers = contributions.map { payload -> UnsafePointer<Float>? in Self.floats(payload) }
        pointers.insert(own, at: member)
        return pointers
    }

    /// A payload's elements; whoever uses them keeps it alive.
    private static func floats(_ payload: Payload) -> UnsafePointer<Float> {
        guard let first = payload.memory.bindMemory(to: Float.self).baseAddress else {
            preconditionFailure("an empty message has no elements")
        }
        return UnsafePointer(first)
    }

    private func publish(_ chunk: Payload, _ fabric: any Fabric) {
        guard chunk.count > 0 else { return }
        for other in group.indices where other != member {
            fabric.send(chunk, from: group[member], to: group[other], tag: tag)
        }
    }

    /// Takes the finished chunks of the other members; `true` when all are in place.
    private func collectResults(_ fabric: any Fabric) throws(Diagnostic) -> Bool {
        while next < group.count {
            if next != member, size(next) > 0 {
                guard let payload = try takeChunk(next, from: next, fabric) else { return false }
                place(next, UnsafeRawPointer(Self.floats(payload)))
                withExtendedLifetime(payload) {}
                progress += 1
            }
            next += 1
        }
        return true
    }

    /// Takes a message that must have the length of `chunk`.
    private func takeChunk(_ chunk: Int, from sender: Int, _ fabric: any Fabric) throws(Diagnostic) -> Payload? {
        let (from, to) = (group[sender], group[member])
        guard let payload = try fabric.take(from: from, to: to, tag: tag) else { return nil }
        let expected = bytes(chunk)
        guard payload.count == expected else {
            throw wrongLength(expected: expected, found: payload.count, from: from, to: to, tag: tag)
        }
        return payload
    }
}
