import Diagnostics
import Foundation
import Integrity

/// The file of a byte model, version 1, little endian:
/// magic `SERRENGM`, u32 version, u32 order, the language tag (16 bytes, padded with zeros), u32 entries *E*; *E* keys
/// (u64, ascending), *E* counts (u32), *E* followed (u32), *E* followers (u16); the SHA-256 of all before it.
extension ByteModel {
    static let magic = Array("SERRENGM".utf8)
    static let version: UInt32 = 1
    /// The longest language tag that a file holds.
    public static let languageBytesMax = 16
    private static let headerBytes = 36
    private static let entryBytes = 18

    /// Reads a model's file.
    ///
    /// - Throws: `cleaning.byte-model` if it can't be read, is damaged or of another version.
    public init(path: String) throws(Diagnostic) {
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Self.damaged("it can't be read", file: path)
        }
        try self.init(bytes: Array(data), file: path)
    }

    /// Writes the model's file, whole or not at all.
    ///
    /// - Throws: the errors of `AtomicFile`.
    public func write(to path: String) throws(Diagnostic) {
        try AtomicFile.write(fileBytes, to: path)
    }

    /// The size of the model's file.
    public var fileByteCount: Int { Self.headerBytes + entries.keys.count * Self.entryBytes + 32 }

    /// The digest of the model's file, for manifests.
    public var digest: Digest { SHA256.digest(of: fileBytes) }

    var fileBytes: [UInt8] {
        var bytes = Self.magic
        Self.append(Self.version, to: &bytes)
        Self.append(UInt32(order), to: &bytes)
        let tag = Array(language.utf8.prefix(Self.languageBytesMax))
        bytes += tag + [UInt8](repeating: 0, count: Self.languageBytesMax - tag.count)
        Self.append(UInt32(entries.keys.count), to: &bytes)
        bytes.reserveCapacity(bytes.count + entries.keys.count * Self.entryBytes + 32)
        for key in entries.keys { Self.append(key, to: &bytes) }
        for count in entries.counts { Self.append(count, to: &bytes) }
        for count in entries.followed { Self.append(count, to: &bytes) }
        for count in entries.followers { Self.append(count, to: &bytes) }
        return bytes + SHA256.digest(of: bytes).bytes
    }

    init(bytes: [UInt8], file: String?) throws(Diagnostic) {
        let end = bytes.count - 32
        guard end >= Self.headerBytes, bytes.starts(with: Self.magic) else {
            throw Self.damaged("it's no byte model", file: file)
        }
        let version: UInt32 = Self.read(bytes, 8)
        guard version == Self.version else {
            throw Self.damaged("its version is \(version), not \(Self.version)", file: file)
        }
        let order = Int(Self.read(bytes, 12) as UInt32)
        let count = Int(Self.read(bytes, 32) as UInt32)
        guard (1...Self.orderMax).contains(order), end == Self.headerBytes + count * Self.entryBytes,
            SHA256.digest(of: bytes[..<end]).bytes == Array(bytes[end...])
        else { throw Self.damaged("its length or digest is wrong", file: file) }
        let columns = [8, 12, 16].map { Self.headerBytes + count * $0 }
        let entries = Entries(
            keys: (0..<count).map { Self.read(bytes, Self.headerBytes + 8 * $0) },
            counts: (0..<count).map { Self.read(bytes, columns[0] + 4 * $0) },
            followed: (0..<count).map { Self.read(bytes, columns[1] + 4 * $0) },
            followers: (0..<count).map { Self.read(bytes, columns[2] + 2 * $0) })
        guard zip(entries.keys, entries.keys.dropFirst()).allSatisfy(<) else {
            throw Self.damaged("its n-grams aren't in order", file: file)
        }
        let language = String(decoding: bytes[16..<16 + Self.languageBytesMax].prefix { $0 != 0 }, as: UTF8.self)
        self.init(order: order, language: language, entries: entries)
    }

    private static func append<Number: FixedWidthInteger>(_ number: Number, to bytes: inout [UInt8]) {
        for shift in stride(from: 0, to: Number.bitWidth, by: 8) {
            bytes.append(UInt8(truncatingIfNeeded: number >> Number(shift)))
        }
    }

    /// The number at an offset that is known to be inside.
    private static func read<Number: FixedWidthInteger>(_ bytes: [UInt8], _ offset: Int) -> Number {
        var number: Number = 0
        for place in 0..<(Number.bitWidth / 8) { number |= Number(bytes[offset + place]) << Number(8 * place) }
        return number
    }

    private static func damaged(_ what: String, file: String?) -> Diagnostic {
        Diagnostic(
            "cleaning.byte-model", "the n-gram model cannot be used: \(what)", at: .init(file: file),
            remedy: "train it again: serre corpus perplexity-model train")
    }
}
