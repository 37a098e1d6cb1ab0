import CCrypto
import CZlib
import Foundation

/// The index of a git pack (version 2): where each object is in the pack, and the CRC-32 of its packed bytes.
///
/// Source: gitformat-pack(5). Every number is checked before it is used, since the index itself may be damaged.
struct PackIndex {
    /// Path of the pack.
    let pack: String
    private let bytes: Data
    private let count: Int
    /// Offsets of all entries, ascending, and the end of the last.
    private let bounds: [Int]

    /// Where an object is packed, and the checksum of its bytes there.
    struct Entry {
        var range: Range<Int>
        var checksum: UInt32
    }

    /// Reads `….idx`; `nil` for one that is not of this version or too short for what it says.
    init?(_ path: String) {
        guard let bytes = try? Data(contentsOf: URL(fileURLWithPath: path), options: .alwaysMapped),
            bytes.count >= 8 + 1024 + 40, Array(bytes[0..<8]) == [0xff, 0x74, 0x4f, 0x63, 0, 0, 0, 2]
        else { return nil }
        self.bytes = bytes
        count = Self.number(bytes, 8 + 4 * 255)
        pack = path.dropLast(3) + "pack"
        guard 8 + 1024 + count * 28 + 40 <= bytes.count else { return nil }
        var status = stat()
        guard stat(pack, &status) == 0 else { return nil }
        var offsets: [Int] = []
        for place in 0..<count {
            if let offset = Self.offset(place, of: count, bytes) { offsets.append(offset) }
        }
        bounds = offsets.sorted() + [Int(status.st_size) - 20]
    }

    /// Where the object is; `nil` when the index does not list it.
    func entry(of id: [UInt8]) -> Entry? {
        var low = id[0] == 0 ? 0 : Self.number(bytes, 8 + 4 * (Int(id[0]) - 1))
        var high = Self.number(bytes, 8 + 4 * Int(id[0]))
        guard low <= high, high <= count else { return nil }
        while low < high {
            let middle = (low + high) / 2
            let start = 8 + 1024 + 20 * middle
            let name = bytes[start..<start + 20]
            if name.elementsEqual(id) {
                guard let offset = Self.offset(middle, of: count, bytes),
                    let end = bounds.first(where: { $0 > offset })
                else { return Entry(range: 0..<0, checksum: 0) }
                let checksum = UInt32(Self.number(bytes, 8 + 1024 + 20 * count + 4 * middle))
                return Entry(range: offset..<end, checksum: checksum)
            }
            if name.lexicographicallyPrecedes(id) { low = middle + 1 } else { high = middle }
        }
        return nil
    }

    /// What a packed object is a change of.
    enum Base {
        case none
        case entry(Entry)
    }

    /// Reads the header of the packed bytes at `offset`; `nil` when it makes no sense or names nothing in this pack.
    func base(of packed: [UInt8], at offset: Int) -> Base? {
        guard let first = packed.first, let end = packed.firstIndex(where: { $0 < 0x80 }) else { return nil }
        switch first >> 4 & 7 {
        case 1...4: return Base.none
        case 6:
            // A distance back in the pack, seven bits a byte, each further byte counting from where the shorter ones end.
            var (place, distance) = (end + 1, 0)
            while place < packed.count, place < end + 9 {
                distance |= Int(packed[place] & 0x7f)
                if packed[place] < 0x80 { return entry(at: offset - distance).map { Base.entry($0) } }
                distance = (distance + 1) << 7
                place += 1
            }
            return nil
        case 7:
            guard packed.count >= end + 21 else { return nil }
            return entry(of: Array(packed[(end + 1)..<(end + 21)])).map { Base.entry($0) }
        default: return nil
        }
    }

    private func entry(at offset: Int) -> Entry? {
        guard let place = (0..<count).first(where: { Self.offset($0, of: count, bytes) == offset }),
            let end = bounds.first(where: { $0 > offset })
        else { return nil }
        let checksum = UInt32(Self.number(bytes, 8 + 1024 + 20 * count + 4 * place))
        return Entry(range: offset..<end, checksum: checksum)
    }

    /// Whether the index and its pack are the bytes that their own checksums, SHA-1 in their last 20 bytes, were taken of.
    func isSound() -> Bool {
        guard let packed = try? Data(contentsOf: URL(fileURLWithPath: pack), options: .alwaysMapped),
            packed.count >= 32, Self.endsInItsDigest(bytes), Self.endsInItsDigest(packed)
        else { return false }
        return bytes.suffix(40).prefix(20).elementsEqual(packed.suffix(20))
    }

    private static func endsInItsDigest(_ file: Data) -> Bool {
        var digest = [UInt8](repeating: 0, count: 20)
        let done = file.withUnsafeBytes { EVP_Digest($0.baseAddress, $0.count - 20, &digest, nil, EVP_sha1(), nil) }
        return done == 1 && file.suffix(20).elementsEqual(digest)
    }

    private static func offset(_ place: Int, of count: Int, _ bytes: Data) -> Int? {
        let short = number(bytes, 8 + 1024 + 24 * count + 4 * place)
        guard short >> 31 == 1 else { return short }
        let start = 8 + 1024 + 28 * count + 8 * (short & 0x7fff_ffff)
        guard start + 8 + 40 <= bytes.count else { return nil }
        let long = number(bytes, start) << 32 | number(bytes, start + 4)
        return long >= 0 ? long : nil
    }

    /// The big-endian 32-bit number at a place.
    private static func number(_ bytes: Data, _ place: Int) -> Int {
        bytes[place..<place + 4].reduce(0) { $0 << 8 | Int($1) }
    }
}

/// The CRC-32 of zlib and of git packs.
enum CRC32 {
    static func checksum(of bytes: [UInt8]) -> UInt32 { UInt32(crc32_z(0, bytes, bytes.count)) }
}
