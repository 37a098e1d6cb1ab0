import Foundation

/// A TensorBoard event file: records of protocol-buffer messages, each with checksums.
///
/// A record is the payload's length (UInt64), a masked CRC-32C of these eight bytes, the payload, and a masked CRC-32C of
/// the payload, all little-endian. The payload is an `Event` (tensorflow/core/util/event.proto); scalars are written as
/// `simple_value`, which every reader of these files knows.
struct EventFile {
    private(set) var bytes: [UInt8] = []

    /// Begins a file with the record that names the format.
    init(at time: Double) {
        var event = Message()
        event.append(double: time, to: 1)
        event.append(text: "brain.Event:2", to: 3)
        append(record: event.bytes)
    }

    /// Adds numbers of one step, in the given order.
    mutating func append(_ numbers: [(tag: String, value: Double)], step: Int, at time: Double) {
        guard !numbers.isEmpty else { return }
        var summary = Message()
        for number in numbers {
            var value = Message()
            value.append(text: number.tag, to: 1)
            value.append(float: Float(number.value), to: 2)
            summary.append(value, to: 1)
        }
        var event = Message()
        event.append(double: time, to: 1)
        event.append(integer: UInt64(bitPattern: Int64(step)), to: 2)
        event.append(summary, to: 5)
        append(record: event.bytes)
    }

    private mutating func append(record: [UInt8]) {
        let length = littleEndian(UInt64(record.count))
        bytes += length + littleEndian(Self.masked(crc32c(length)))
        bytes += record + littleEndian(Self.masked(crc32c(record)))
    }

    /// The mask of the format: a sum of bytes that hold sums of their own would be weak.
    private static func masked(_ sum: UInt32) -> UInt32 { (sum >> 15 | sum << 17) &+ 0xA282_EAD8 }
}

/// A protocol-buffer message under construction, of the wire types that events need.
private struct Message {
    private(set) var bytes: [UInt8] = []

    mutating func append(integer: UInt64, to field: UInt64) {
        append(variable: field << 3)
        append(variable: integer)
    }

    mutating func append(double: Double, to field: UInt64) {
        append(variable: field << 3 | 1)
        bytes += littleEndian(double.bitPattern)
    }

    mutating func append(float: Float, to field: UInt64) {
        append(variable: field << 3 | 5)
        bytes += littleEndian(float.bitPattern)
    }

    mutating func append(text: String, to field: UInt64) { append(delimited: Array(text.utf8), to: field) }

    mutating func append(_ message: Message, to field: UInt64) { append(delimited: message.bytes, to: field) }

    private mutating func append(delimited content: [UInt8], to field: UInt64) {
        append(variable: field << 3 | 2)
        append(variable: UInt64(content.count))
        bytes += content
    }

    /// Seven bits a byte, the lowest first; the top bit says that more follow.
    private mutating func append(variable number: UInt64) {
        var rest = number
        while rest >= 0x80 {
            bytes.append(UInt8(truncatingIfNeeded: rest) | 0x80)
            rest >>= 7
        }
        bytes.append(UInt8(rest))
    }
}

private func littleEndian<Number: FixedWidthInteger>(_ number: Number) -> [UInt8] {
    (0..<(Number.bitWidth / 8)).map { UInt8(truncatingIfNeeded: number >> (8 * $0)) }
}

/// CRC-32C (Castagnoli), as RFC 3720 has it: of `123456789` it is `E3069283`.
func crc32c(_ bytes: [UInt8]) -> UInt32 {
    ~bytes.reduce(~UInt32(0)) { sum, byte in castagnoli[Int(UInt8(truncatingIfNeeded: sum) ^ byte)] ^ sum >> 8 }
}

/// What a byte does to the sum.
private let castagnoli: [UInt32] = (0..<256).map { byte in
    (0..<8).reduce(UInt32(byte)) { sum, _ in sum & 1 == 1 ? sum >> 1 ^ 0x82F6_3B78 : sum >> 1 }
}
