import Foundation

/// Decodes the escapes of a text whose grammar has been checked, at an address with room for as many bytes.
struct EscapeDecoder {
    private let source: UnsafePointer<UInt8>
    private let count: Int
    private let target: UnsafeMutablePointer<UInt8>
    /// How many bytes of the target hold text.
    private(set) var written = 0

    init(source: UnsafePointer<UInt8>, count: Int, target: UnsafeMutablePointer<UInt8>) {
        (self.source, self.count, self.target) = (source, count, target)
    }

    /// Decodes all; gives the offset of the first lone surrogate.
    mutating func run() -> Int? {
        var at = 0
        while at < count {
            if source[at] != UInt8(ascii: "\\") {
                at = copyPlain(from: at)
            } else if source[at + 1] == UInt8(ascii: "u") {
                let length = putUnicode(at)
                if length == 0 { return at }
                at += length
            } else {
                target[written] = EscapeDecoder.simple(source[at + 1])
                written += 1
                at += 2
            }
        }
        return nil
    }

    /// Copies the bytes up to the next backslash as they are; gives its offset.
    private mutating func copyPlain(from start: Int) -> Int {
        let found = memchr(source + start, Int32(UInt8(ascii: "\\")), count - start)
        let end = found.map { UnsafeRawPointer($0) - UnsafeRawPointer(source) } ?? count
        (target + written).update(from: source + start, count: end - start)
        written += end - start
        return end
    }

    private static func simple(_ letter: UInt8) -> UInt8 {
        switch letter {
        case UInt8(ascii: "b"): 8
        case UInt8(ascii: "f"): 12
        case UInt8(ascii: "n"): 10
        case UInt8(ascii: "r"): 13
        case UInt8(ascii: "t"): 9
        default: letter
        }
    }

    /// Decodes `\uXXXX`, or two that make a surrogate pair; gives their length, 0 for half of a pair.
    @inline(__always)
    private mutating func putUnicode(_ at: Int) -> Int {
        let first = unit(at)
        if first & 0xF800 != 0xD800 {
            put(first)
            return 6
        }
        guard first < 0xDC00, at + 12 <= count, source[at + 6] == UInt8(ascii: "\\"),
            source[at + 7] == UInt8(ascii: "u")
        else { return 0 }
        let second = unit(at + 6)
        guard second & 0xFC00 == 0xDC00 else { return 0 }
        put(0x10000 &+ (first &- 0xD800) << 10 &+ (second &- 0xDC00))
        return 12
    }

    /// The number in the four digits of an escape.
    @inline(__always)
    private func unit(_ at: Int) -> UInt32 {
        func digit(_ offset: Int) -> UInt32 {
            let byte = UInt32(source[at + offset])
            return (byte & 15) &+ (byte >> 6) &* 9
        }
        return digit(2) << 12 | digit(3) << 8 | digit(4) << 4 | digit(5)
    }

    /// Writes a character's UTF-8.
    @inline(__always)
    private mutating func put(_ scalar: UInt32) {
        func continuation(_ shift: UInt32) -> UInt8 { UInt8(truncatingIfNeeded: 0x80 | (scalar >> shift) & 0x3F) }
        let place = target + written
        switch scalar {
        case ..<0x80:
            place[0] = UInt8(truncatingIfNeeded: scalar)
            written += 1
        case ..<0x800:
            place[0] = UInt8(truncatingIfNeeded: 0xC0 | scalar >> 6)
            place[1] = continuation(0)
            written += 2
        case ..<0x10000:
            place[0] = UInt8(truncatingIfNeeded: 0xE0 | scalar >> 12)
            place[1] = continuation(6)
            place[2] = continuation(0)
            written += 3
        default:
            place[0] = UInt8(truncatingIfNeeded: 0xF0 | scalar >> 18)
            place[1] = continuation(12)
            place[2] = continuation(6)
            place[3] = continuation(0)
            written += 4
        }
    }
}
