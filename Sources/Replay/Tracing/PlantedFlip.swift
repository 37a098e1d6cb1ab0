import Diagnostics
import Numerics
import Programs

/// One bit that is flipped in what one instruction of one rank has written: a rehearsal of silent corruption.
///
/// Written as `STEP:RANK:INSTRUCTION` or `STEP:RANK:INSTRUCTION:ELEMENT:BIT`, where INSTRUCTION counts what the rank does in
/// that step from 0; an instruction that writes nothing passes the flip on to the rank's next.
public struct PlantedFlip: Sendable, Equatable, Codable {
    public var step: Int
    public var rank: Int
    public var instruction: Int
    /// Taken modulo what the instruction writes.
    public var element = 0
    public var bit = 0

    /// The file of a record that says which flip was planted.
    public static let recordPath = "planted-flip.json"

    public init(step: Int, rank: Int, instruction: Int, element: Int = 0, bit: Int = 0) {
        (self.step, self.rank, self.instruction, self.element, self.bit) = (step, rank, instruction, element, bit)
    }

    /// Reads the written form.
    public init(_ text: String) throws(Diagnostic) {
        let numbers = text.split(separator: ":", omittingEmptySubsequences: false).map { Int($0) }
        let values = numbers.compactMap { $0 }
        guard numbers.count == values.count, values.count == 3 || values.count == 5,
            values.allSatisfy({ $0 >= 0 }), values[0] >= 1
        else {
            throw Diagnostic(
                "train.flip", "--plant-flip is not a place in a run",
                expected: "STEP:RANK:INSTRUCTION or STEP:RANK:INSTRUCTION:ELEMENT:BIT, such as 137:3:40", found: text)
        }
        self.init(step: values[0], rank: values[1], instruction: values[2])
        if values.count == 5 { (element, bit) = (values[3], values[4]) }
    }

    public var text: String { "\(step):\(rank):\(instruction):\(element):\(bit)" }

}

/// Watches a run and plants a flip into it when the time has come.
public final class FlipPlanter: InstructionObserver {
    public let flip: PlantedFlip
    private var step = 0
    /// Instructions of the flip's rank so far in this step; `nil` once the flip is done.
    private var count: Int? = 0
    /// Where the flip went, in words; `nil` while it has not been planted.
    public private(set) var planted: String?

    public init(_ flip: PlantedFlip) { self.flip = flip }

    public func begin(step: Int) { (self.step, count) = (step, 0) }

    public func ended(_ instruction: Instruction, at place: InstructionPlace, writing outputs: [WrittenMemory]) {
        guard step == flip.step, place.rank == flip.rank, let number = count else { return }
        count = number + 1
        guard number >= flip.instruction, let output = outputs.first(where: { !$0.bytes.isEmpty }) else { return }
        let size = output.elementType.bytes
        let bit = flip.bit % (8 * size)
        output.bytes[flip.element % output.count * size + bit / 8] ^= 1 << UInt8(bit % 8)
        count = nil
        planted =
            "bit \(bit) of element \(flip.element % output.count + output.offset) of “\(output.buffer)”, written by "
            + "“\(instruction.operation.label(tokens: instruction.reads.first?.count ?? 0))”, micro-batch "
            + "\(place.microbatch), of rank \(place.rank)"
    }
}
