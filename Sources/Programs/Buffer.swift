/// The name of a buffer within one program.
public struct BufferID: Sendable, Hashable {
    public let index: Int
    public init(_ index: Int) { self.index = index }
}

/// A piece of memory that a program reads and writes.
public struct BufferDeclaration: Sendable, Equatable {
    public var name: String
    public var kind: Kind
    public var elementType: ElementType
    /// Elements of one copy.
    public var count: Int
    public var lifetime: Lifetime
    /// Copies of a buffer that lives for a micro-batch: micro-batch m has number m mod copies.
    public var copies: Int

    /// What the memory planner files the bytes under.
    public enum Kind: String, Sendable, CaseIterable {
        case parameters, gradients, optimizer, activations, workspace
    }

    public enum ElementType: Sendable, Equatable {
        case float32, int32, float64, bfloat16, float16, float8
        public var bytes: Int {
            switch self {
            case .float64: 8
            case .float32, .int32: 4
            case .bfloat16, .float16: 2
            case .float8: 1
            }
        }
    }

    /// Buffers of constants, which whoever starts a run fills: ALiBi's slope per head, and the cosines and sines of rotary
    /// positions.
    public static let slopesName = "alibi slopes"
    public static let rotaryTableName = "rotary table"

    public enum Lifetime: Sendable, Equatable {
        /// From the first step to the last.
        case run
        /// From a micro-batch's forward to its backward: one copy per micro-batch in flight.
        case microbatch
        /// Inside one pass: shares memory with other such buffers.
        case pass
    }

    public init(
        _ name: String, _ kind: Kind, _ elementType: ElementType, count: Int, _ lifetime: Lifetime, copies: Int = 1
    ) {
        self.name = name
        self.kind = kind
        self.elementType = elementType
        self.count = count
        self.lifetime = lifetime
        self.copies = copies
    }
}

/// A contiguous part of a buffer, as an instruction names it.
public struct Operand: Sendable, Hashable {
    public var buffer: BufferID
    public var offset: Int
    public var count: Int

    public init(_ buffer: BufferID, offset: Int = 0, count: Int) {
        self.buffer = buffer
        self.offset = offset
        self.count = count
    }

    /// The elements [begin, end) of this operand.
    public subscript(range: Range<Int>) -> Operand {
        Operand(buffer, offset: offset + range.lowerBound, count: range.count)
    }

    /// The buffer's elements that this operand names.
    var elements: Range<Int> { offset..<(offset + count) }
}
