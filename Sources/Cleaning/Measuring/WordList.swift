import Diagnostics

/// A set of words (or pairs of words) to look for, known by their hashes.
///
/// An entry is read as a text is: in lower case, without punctuation around it. An entry that reads as two words (such as
/// a compound in Vietnamese or two Chinese characters) is looked for as two words that follow each other.
public struct WordList: Sendable, Equatable {
    /// Sorted hashes of single words, and of pairs.
    private var single: HashSet
    private var pairs: HashSet
    /// The number of different entries.
    public let count: Int

    /// Reads entries; those without a letter are passed over.
    ///
    /// - Throws: `cleaning.word-list-entry` if an entry has more than two words.
    public init(_ entries: [String]) throws(Diagnostic) {
        var scan = WordScan()
        var single: [UInt64] = []
        var pairs: [UInt64] = []
        for entry in entries {
            scan.scan(Array(entry.utf8))
            switch scan.hashes.count {
            case 0: break
            case 1: single.append(scan.hashes[0])
            case 2: pairs.append(Self.pair(scan.hashes[0], scan.hashes[1]))
            default:
                throw Diagnostic(
                    "cleaning.word-list-entry", "an entry of a word list has too many words",
                    expected: "one word, or two that follow each other", found: "'\(entry)'")
            }
        }
        self.single = HashSet(single)
        self.pairs = HashSet(pairs)
        count = self.single.count + self.pairs.count
    }

    /// Reads the text of a file with an entry on each line; empty lines and those that begin with `#` are passed over.
    ///
    /// - Throws: `cleaning.word-list-entry` with the line's number if an entry has more than two words.
    public init(lines text: String, file: String? = nil) throws(Diagnostic) {
        var entries: [String] = []
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            if line.hasPrefix("#") { continue }
            do throws(Diagnostic) {
                _ = try WordList([String(line)])
            } catch {
                var located = error
                located.location = .init(file: file, line: index + 1)
                throw located
            }
            entries.append(String(line))
        }
        try self.init(entries)
    }

    /// Occurrences of the list's words and pairs over the number of words, at most 1; 0 without words.
    func share(in words: [UInt64]) -> Double {
        guard !words.isEmpty else { return 0 }
        var found = 0
        for word in words where single.contains(word) { found &+= 1 }
        if pairs.count > 0 {
            for place in 1..<max(1, words.count) where pairs.contains(Self.pair(words[place - 1], words[place])) {
                found &+= 1
            }
        }
        return min(1, Double(found) / Double(words.count))
    }

    private static func pair(_ first: UInt64, _ second: UInt64) -> UInt64 {
        mixed(first &* 0x9E37_79B9_7F4A_7C15 &+ second)
    }
}

/// A fixed set of hashes in an open-addressed table; the slot order depends on nothing but the hashes.
private struct HashSet: Sendable, Equatable {
    private var slots: [UInt64]
    private(set) var count: Int

    init(_ hashes: [UInt64]) {
        var size = 16
        while size < hashes.count * 4 { size *= 2 }
        slots = [UInt64](repeating: 0, count: size)
        count = 0
        for hash in hashes.sorted() where hash != 0 {
            var place = Int(truncatingIfNeeded: hash) & (size - 1)
            while slots[place] != 0, slots[place] != hash { place = (place + 1) & (size - 1) }
            if slots[place] == 0 { count += 1 }
            slots[place] = hash
        }
    }

    @inline(__always)
    func contains(_ hash: UInt64) -> Bool {
        slots.withUnsafeBufferPointer { slots in
            let mask = slots.count &- 1
            var place = Int(truncatingIfNeeded: hash) & mask
            while slots[place] != 0 {
                if slots[place] == hash { return true }
                place = (place &+ 1) & mask
            }
            return false
        }
    }
}
