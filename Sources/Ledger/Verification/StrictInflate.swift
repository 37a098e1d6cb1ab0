import CZlib

/// Unpacks a zlib stream (RFC 1950, 1951) and accepts only what a compressor writes.
///
/// zlib itself passes over some altered bits: the padding before a stored block and after the last one, unused codes. Here
/// padding must be zero and every code complete, the checksum must be right and nothing may follow, so that an altered bit
/// shows even where the content would come out the same.
struct StrictInflate {
    /// What is wrong with a stream.
    struct Fault: Error, Equatable {
        var reason: String
    }

    private let input: [UInt8]
    private let limit: Int
    private var next = 2
    private var bits: UInt32 = 0
    private var bitCount = 0
    private var output: [UInt8] = []

    /// The content of a stream, of at most `limit` bytes.
    static func content(of stream: [UInt8], limit: Int) throws(Fault) -> [UInt8] {
        var inflate = StrictInflate(stream, limit)
        try inflate.run()
        return inflate.output
    }

    private init(_ stream: [UInt8], _ limit: Int) {
        (input, self.limit) = (stream, limit)
        output.reserveCapacity(min(limit, 1 << 24))
    }

    private mutating func run() throws(Fault) {
        guard input.count >= 8, input[0] & 15 == 8, input[0] >> 4 <= 7, input[1] & 0x20 == 0,
            (Int(input[0]) << 8 | Int(input[1])) % 31 == 0
        else { throw Fault(reason: "no zlib header") }
        var isLast = false
        repeat {
            isLast = try take(1) == 1
            switch try take(2) {
            case 0: try copyStored()
            case 1: try unpack(Self.fixed.literals, Self.fixed.distances)
            case 2:
                let codes = try readCodes()
                try unpack(codes.literals, codes.distances)
            default: throw Fault(reason: "no such kind of block")
            }
        } while !isLast
        try skipPadding()
        guard next + 4 == input.count else { throw Fault(reason: "bytes after the end of the stream") }
        let sum = input[next...].reduce(UInt32(0)) { $0 << 8 | UInt32($1) }
        guard sum == Self.adler32(output) else { throw Fault(reason: "the stream's checksum differs") }
    }

    // MARK: Bits

    private mutating func take(_ count: Int) throws(Fault) -> Int {
        while bitCount < count {
            guard next < input.count else { throw Fault(reason: "the stream breaks off") }
            bits |= UInt32(input[next]) << UInt32(bitCount)
            next += 1
            bitCount += 8
        }
        defer {
            bits >>= UInt32(count)
            bitCount -= count
        }
        return Int(bits & (1 << UInt32(count) - 1))
    }

    private mutating func skipPadding() throws(Fault) {
        guard bits == 0 else { throw Fault(reason: "padding bits are set") }
        bitCount = 0
    }

    // MARK: Blocks

    private mutating func copyStored() throws(Fault) {
        try skipPadding()
        let (length, complement) = (try take(16), try take(16))
        guard length == ~complement & 0xffff, next + length <= input.count else {
            throw Fault(reason: "a stored block's length differs")
        }
        guard output.count + length <= limit else { throw Fault(reason: "more content than there should be") }
        output += input[next..<next + length]
        next += length
    }

    private mutating func unpack(_ literals: Code, _ distances: Code) throws(Fault) {
        while true {
            let symbol = try decode(literals)
            if symbol == 256 { return }
            if symbol < 256 {
                guard output.count < limit else { throw Fault(reason: "more content than there should be") }
                output.append(UInt8(symbol))
                continue
            }
            guard symbol - 257 < Self.lengths.count else { throw Fault(reason: "no such length") }
            let length = Self.lengths[symbol - 257].base + (try take(Self.lengths[symbol - 257].extra))
            let place = try decode(distances)
            guard place < Self.distances.count else { throw Fault(reason: "no such distance") }
            let distance = Self.distances[place].base + (try take(Self.distances[place].extra))
            guard distance <= output.count else { throw Fault(reason: "a distance reaches before the start") }
            guard output.count + length <= limit else { throw Fault(reason: "more content than there should be") }
            for _ in 0..<length { output.append(output[output.count - distance]) }
        }
    }

    private mutating func readCodes() throws(Fault) -> (literals: Code, distances: Code) {
        let counts = (literals: try take(5) + 257, distances: try take(5) + 1, lengths: try take(4) + 4)
        guard counts.literals <= 286, counts.distances <= 30 else { throw Fault(reason: "too many codes") }
        var lengths = [UInt8](repeating: 0, count: 19)
        for place in Self.lengthOrder.prefix(counts.lengths) { lengths[place] = UInt8(try take(3)) }
        let lengthCode = try Code(lengths)
        var all: [UInt8] = []
        let whole = counts.literals + counts.distances
        while all.count < whole {
            let symbol = try decode(lengthCode)
            if symbol < 16 {
                all.append(UInt8(symbol))
                continue
            }
            guard symbol > 16 || !all.isEmpty else { throw Fault(reason: "nothing to repeat") }
            let value = symbol == 16 ? all[all.count - 1] : 0
            let times = symbol == 16 ? 3 + (try take(2)) : symbol == 17 ? 3 + (try take(3)) : 11 + (try take(7))
            guard all.count + times <= whole else { throw Fault(reason: "too many codes") }
            all += [UInt8](repeating: value, count: times)
        }
        guard all[256] != 0 else { throw Fault(reason: "no code ends the block") }
        return (try Code(Array(all[..<counts.literals])), try Code(Array(all[counts.literals...])))
    }

    // MARK: Codes

    /// A canonical Huffman code: how many codes have each length, and the symbols in order of their codes.
    struct Code {
        var counts = [Int](repeating: 0, count: 16)
        var symbols: [Int] = []

        /// The code with these lengths; throws unless it is complete.
        init(_ lengths: [UInt8]) throws(Fault) {
            for length in lengths { counts[Int(length)] += 1 }
            counts[0] = 0
            var left = 1
            for length in 1...15 { left = 2 * left - counts[length] }
            guard left == 0 else { throw Fault(reason: "a code is not complete") }
            for length in 1...15 { symbols += lengths.indices.filter { lengths[$0] == length } }
        }

        /// A code known to be complete.
        fileprivate init(complete lengths: [UInt8]) {
            for length in lengths { counts[Int(length)] += 1 }
            for length in 1...15 { symbols += lengths.indices.filter { lengths[$0] == length } }
        }
    }

    private mutating func decode(_ code: Code) throws(Fault) -> Int {
        var (word, first, place) = (0, 0, 0)
        for length in 1...15 {
            word |= try take(1)
            let count = code.counts[length]
            if word - count < first { return code.symbols[place + word - first] }
            place += count
            first = (first + count) << 1
            word <<= 1
        }
        throw Fault(reason: "no such code")
    }

    private static let fixed = (
        literals: Code(
            complete: (0..<288).map { $0 < 144 ? 8 : $0 < 256 ? 9 : $0 < 280 ? 7 : 8 }),
        distances: Code(complete: [UInt8](repeating: 5, count: 32))
    )
    private static let lengthOrder = [16, 17, 18, 0, 8, 7, 9, 6, 10, 5, 11, 4, 12, 3, 13, 2, 14, 1, 15]
    private static let lengths: [(base: Int, extra: Int)] = (0..<29).map { symbol in
        if symbol == 28 { return (258, 0) }
        let extra = symbol < 8 ? 0 : symbol / 4 - 1
        return (symbol < 8 ? symbol + 3 : ((4 + symbol % 4) << extra) + 3, extra)
    }
    private static let distances: [(base: Int, extra: Int)] = (0..<30).map { symbol in
        let extra = symbol < 4 ? 0 : symbol / 2 - 1
        return (symbol < 4 ? symbol + 1 : ((2 + symbol % 2) << extra) + 1, extra)
    }

    static func adler32(_ bytes: [UInt8]) -> UInt32 { UInt32(adler32_z(1, bytes, bytes.count)) }
}
