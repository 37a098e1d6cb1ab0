import Foundation

/// The files in which a repository keeps its objects: one for each loose object, and packs.
///
/// The content of an object is proven by its name; these checks find altered bits that git would pass over because the
/// content still comes out right.
final class ObjectFiles {
    /// The repository's own folder of objects, then those of its alternates.
    private let folders: [String]
    private lazy var packs: [PackIndex] = folders.flatMap { folder in
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder + "/pack")) ?? []
        return names.filter { $0.hasSuffix(".idx") }.sorted().compactMap { PackIndex("\(folder)/pack/\($0)") }
    }

    init(_ folder: String) {
        var folders: [String] = []
        var waiting = [folder]
        while let next = waiting.popLast(), folders.count < 64 {
            guard !folders.contains(next) else { continue }
            folders.append(next)
            let list = FileManager.default.contents(atPath: next + "/info/alternates") ?? Data()
            for line in String(decoding: list, as: UTF8.self).split(separator: "\n") where !line.hasPrefix("#") {
                waiting.append(line.hasPrefix("/") ? String(line) : "\(next)/\(line)")
            }
        }
        self.folders = folders
    }

    /// Whether each pack is sound, by its place in ``packs``.
    private lazy var soundness: [Bool] = packs.map { $0.isSound() }

    /// What the loose file of an object holds, unpacked here; `nil` when the object is not loose.
    ///
    /// libgit2 is not asked to unpack what may be damaged: it can loop for ever over a stream that breaks off, and write
    /// past the memory that a false length has asked for.
    func looseContent(of hex: String, kind: String) -> Result<[UInt8], LooseFault>? {
        for folder in folders {
            let path = "\(folder)/\(hex.prefix(2))/\(hex.dropFirst(2))"
            guard let stream = FileManager.default.contents(atPath: path) else { continue }
            return Self.looseContent(Array(stream), kind: kind).mapError { LooseFault(text: "\(path): \($0.text)") }
        }
        return nil
    }

    /// Why a loose object cannot be read.
    struct LooseFault: Error { var text: String }

    private static func looseContent(_ stream: [UInt8], kind: String) -> Result<[UInt8], LooseFault> {
        do throws(StrictInflate.Fault) {
            let whole = try StrictInflate.content(of: stream, limit: 1 << 30)
            guard let end = whole.prefix(64).firstIndex(of: 0) else { return .failure(LooseFault(text: "no header")) }
            let words = String(decoding: whole[..<end], as: UTF8.self).split(separator: " ")
            guard words.count == 2, words[1] == "\(whole.count - end - 1)" else {
                return .failure(LooseFault(text: "the header says another length"))
            }
            guard words[0] == kind else { return .failure(LooseFault(text: "an object of another kind")) }
            return .success(Array(whole[(end + 1)...]))
        } catch {
            return .failure(LooseFault(text: error.reason))
        }
    }

    /// Why a packed object must not be read; `nil` when it may be, or when no pack has it.
    func packedObstacle(of hex: String) -> String? {
        let id = Self.bytes(hex)
        for (pack, isSound) in zip(packs, soundness) where !isSound {
            guard let entry = pack.entry(of: id) else { continue }
            guard let bytes = Self.read(entry.range, of: pack.pack), CRC32.checksum(of: bytes) == entry.checksum else {
                return "\(pack.pack): the packed bytes have another checksum than the pack's index says"
            }
            guard Self.basesAreWhole(bytes, at: entry.range.lowerBound, in: pack) else {
                return "\(pack.pack): the object is packed as a change of another one, which is damaged"
            }
        }
        return nil
    }

    /// Whether all that a packed object is a change of, if it is one, has the packed bytes that it should have.
    private static func basesAreWhole(_ entry: [UInt8], at offset: Int, in pack: PackIndex) -> Bool {
        var (bytes, offset) = (entry, offset)
        // Chains are 50 long at most unless somebody has asked for longer ones.
        for _ in 0..<4096 {
            guard let base = pack.base(of: bytes, at: offset) else { return false }
            guard case .entry(let entry) = base else { return true }
            guard let next = read(entry.range, of: pack.pack), CRC32.checksum(of: next) == entry.checksum else {
                return false
            }
            (bytes, offset) = (next, entry.range.lowerBound)
        }
        return false
    }

    private static func bytes(_ hex: String) -> [UInt8] {
        stride(from: 0, to: 40, by: 2).map { UInt8(hex.dropFirst($0).prefix(2), radix: 16) ?? 0 }
    }

    /// What is wrong with any of the places that hold an object; `nil` when nothing is.
    func fault(of hex: String, kind: String, content: [UInt8]) -> String? {
        for folder in folders {
            let path = "\(folder)/\(hex.prefix(2))/\(hex.dropFirst(2))"
            guard let stream = FileManager.default.contents(atPath: path) else { continue }
            if let fault = Self.looseFault(Array(stream), kind: kind, content: content) {
                return "\(path): \(fault)"
            }
        }
        let id = Self.bytes(hex)
        for pack in packs {
            guard let entry = pack.entry(of: id) else { continue }
            guard let bytes = Self.read(entry.range, of: pack.pack) else { continue }
            if CRC32.checksum(of: bytes) != entry.checksum {
                return "\(pack.pack): the packed bytes have another checksum than the pack's index says"
            }
        }
        return nil
    }

    /// Where an object that cannot be read is kept; `nil` when no file has it.
    func place(of hex: String) -> String? {
        let loose = folders.map { "\($0)/\(hex.prefix(2))/\(hex.dropFirst(2))" }
        if let path = loose.first(where: { FileManager.default.fileExists(atPath: $0) }) { return path }
        let id = Self.bytes(hex)
        return packs.first { $0.entry(of: id) != nil }?.pack
    }

    private static func looseFault(_ stream: [UInt8], kind: String, content: [UInt8]) -> String? {
        let header = Array("\(kind) \(content.count)\0".utf8)
        do throws(StrictInflate.Fault) {
            let found = try StrictInflate.content(of: stream, limit: header.count + content.count)
            guard found.count == header.count + content.count, found.starts(with: header),
                found[header.count...].elementsEqual(content)
            else { return "the file holds something else" }
            let altered = LooseCompression.alteredBits(in: stream, of: found)
            return altered == 0
                ? nil
                : "the file is \(altered) bit\(altered == 1 ? "" : "s") away from what zlib makes of its content"
        } catch {
            return error.reason
        }
    }

    private static func read(_ range: Range<Int>, of path: String) -> [UInt8]? {
        guard let file = FileHandle(forReadingAtPath: path) else { return nil }
        defer { try? file.close() }
        guard (try? file.seek(toOffset: UInt64(range.lowerBound))) != nil else { return nil }
        return (try? file.read(upToCount: range.count)).map { Array($0) }
    }
}
