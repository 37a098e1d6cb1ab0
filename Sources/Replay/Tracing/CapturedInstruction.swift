import Numerics
import Programs

/// A copy of what one instruction has written.
struct CapturedInstruction {
    var instruction: Instruction
    var place: InstructionPlace
    var outputs: [Output]

    struct Output {
        var buffer: String
        var offset: Int
        var elementType: BufferDeclaration.ElementType
        var bytes: [UInt8]
    }

    init(_ instruction: Instruction, _ place: InstructionPlace, _ outputs: [WrittenMemory]) {
        self.instruction = instruction
        self.place = place
        self.outputs = outputs.map {
            Output(buffer: $0.buffer, offset: $0.offset, elementType: $0.elementType, bytes: Array($0.bytes))
        }
    }
}

/// One instruction that wrote different bits on two sides, though all before it had written the same.
public struct InstructionDifference: Sendable, Equatable {
    public var place: InstructionPlace
    /// The pass in words, such as `backward`, and the operation, such as `product TN 64 × 256 × 32`.
    public var pass: String
    public var operation: String
    public var outputs: [Output]

    /// One buffer that the instruction wrote differently.
    public struct Output: Sendable, Equatable {
        public var buffer: String
        /// Elements that differ, and how many were written.
        public var differing: Int
        public var count: Int
        /// The first of them in the buffer, with its value and bits on both sides.
        public var element: Int
        public var expected: String
        public var found: String
        /// Bits that differ in that element.
        public var bits: Int
    }

    init(_ expected: CapturedInstruction, _ found: CapturedInstruction, pass: String) {
        place = found.place
        self.pass = pass
        operation = found.instruction.operation.label(tokens: found.instruction.reads.first?.count ?? 0)
        outputs = zip(expected.outputs, found.outputs).compactMap(Self.difference)
    }

    private static func difference(
        _ expected: CapturedInstruction.Output, _ found: CapturedInstruction.Output
    ) -> Output? {
        let size = expected.elementType.bytes
        let count = min(expected.bytes.count, found.bytes.count) / size
        func bits(_ output: CapturedInstruction.Output, _ element: Int) -> UInt64 {
            (0..<size).reduce(UInt64(0)) { $0 | UInt64(output.bytes[element * size + $1]) << (8 * UInt64($1)) }
        }
        let differing = (0..<count).filter { bits(expected, $0) != bits(found, $0) }
        guard let first = differing.first else { return nil }
        let (was, now) = (bits(expected, first), bits(found, first))
        return Output(
            buffer: expected.buffer, differing: differing.count, count: count, element: expected.offset + first,
            expected: text(was, expected.elementType), found: text(now, found.elementType),
            bits: (was ^ now).nonzeroBitCount)
    }

    /// A value with its bits.
    private static func text(_ bits: UInt64, _ type: BufferDeclaration.ElementType) -> String {
        let digits = String(bits, radix: 16)
        let padded = String(repeating: "0", count: max(0, 2 * type.bytes - digits.count)) + digits
        let value =
            switch type {
            case .float32: "\(Float(bitPattern: UInt32(truncatingIfNeeded: bits)))"
            case .float64: "\(Double(bitPattern: bits))"
            case .int32: "\(Int32(truncatingIfNeeded: bits))"
            case .bfloat16: "\(Float(bitPattern: UInt32(truncatingIfNeeded: bits) << 16))"
            case .float16, .float8: "bits"
            }
        return "\(value) (\(padded))"
    }
}
