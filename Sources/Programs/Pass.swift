/// The straight-line body of a schedule action.
public struct Pass: Sendable, Equatable {
    public var role: Role
    public var instructions: [Instruction] { didSet { waits = Self.waits(of: instructions) } }
    /// For each instruction, the last earlier one on the communication stream that it must wait for, or −1: whoever
    /// waits for that has waited for all before it. Empty when the pass has nothing on that stream.
    public private(set) var waits: [Int]

    /// What the schedule knows a pass by.
    public enum Role: Sendable, Hashable {
        case forward(chunk: Int)
        /// `closingLane`: the micro-batch is a lane's last, and the lane's gradients are exchanged (strided lanes).
        case backward(chunk: Int, closingLane: Bool)
        case receiveActivation(chunk: Int)
        case sendActivation(chunk: Int)
        case receiveGradient(chunk: Int)
        case sendGradient(chunk: Int)
        case reduceGradients
        case optimizerStep
        /// A pass of no schedule, for experiments.
        case other(String)
    }

    public init(_ role: Role, _ instructions: [Instruction]) {
        self.role = role
        self.instructions = instructions
        waits = Self.waits(of: instructions)
    }

    public init(_ name: String, _ instructions: [Instruction]) { self.init(.other(name), instructions) }

    public var name: String { role.name }

    private static func waits(of instructions: [Instruction]) -> [Int] {
        // Those on the communication stream so far.
        var travelling: [Int] = []
        var waits = Array(repeating: -1, count: instructions.count)
        for index in instructions.indices {
            var place = travelling.count - 1
            while place >= 0, !instructions[index].conflicts(with: instructions[travelling[place]]) { place -= 1 }
            if place >= 0 { waits[index] = travelling[place] }
            if instructions[index].stream == .communication { travelling.append(index) }
        }
        return travelling.isEmpty ? [] : waits
    }

    /// The first later instruction by which the one at `index` has ended for certain; the pass's end if there is none.
    func end(of index: Int) -> Int {
        guard instructions[index].stream == .communication else { return index }
        return waits.indices.first { $0 > index && waits[$0] >= index } ?? instructions.count
    }
}

extension Pass.Role {
    /// The role in words; the chunk is left out where it is the first.
    public var name: String {
        func of(_ chunk: Int) -> String { chunk == 0 ? "" : ", chunk \(chunk)" }
        switch self {
        case .forward(let chunk): return "forward" + of(chunk)
        case .backward(let chunk, let closing): return "backward" + of(chunk) + (closing ? ", lane's end" : "")
        case .receiveActivation(let chunk): return "receive activation" + of(chunk)
        case .sendActivation(let chunk): return "send activation" + of(chunk)
        case .receiveGradient(let chunk): return "receive gradient" + of(chunk)
        case .sendGradient(let chunk): return "send gradient" + of(chunk)
        case .reduceGradients: return "reduce gradients"
        case .optimizerStep: return "optimizer step"
        case .other(let name): return name
        }
    }
}

extension Instruction {
    /// Whether one writes elements that the other reads or writes.
    func conflicts(with other: Instruction) -> Bool {
        for mine in writes {
            for theirs in other.reads where mine.overlaps(theirs) { return true }
            for theirs in other.writes where mine.overlaps(theirs) { return true }
        }
        for mine in reads {
            for theirs in other.writes where mine.overlaps(theirs) { return true }
        }
        return false
    }
}

extension Operand {
    func overlaps(_ other: Operand) -> Bool { buffer == other.buffer && elements.overlaps(other.elements) }
}
