import Diagnostics

/// A pattern of paths: `*` stands for any bytes but `/`, `**` for any bytes, `?` for one character but `/`.
///
/// `**/` also stands for nothing, so that `doc/**/*.txt` matches `doc/a.txt`. A whole segment `{lang}` stands for a
/// language code (`pt_BR` counts, and is given as `pt-BR`) and says the language of what it matches. The time to match
/// is at most the product of the lengths.
public struct Glob: Sendable, Equatable {
    /// The pattern as written.
    public let pattern: String
    private let whole: [Part]
    /// The parts before and after `{lang}`.
    private let aroundLanguage: AroundLanguage?

    private struct AroundLanguage: Sendable, Equatable {
        var before: [Part]
        var after: [Part]
    }

    private enum Part: Sendable, Equatable {
        case byte(UInt8)
        case character
        case segmentBytes
        case anyBytes
        /// `**/`: nothing, or any bytes that end with a slash.
        case anyFolders
    }

    /// Whether and how a path matches.
    public enum Match: Sendable, Equatable {
        case no
        case yes(language: String?)
    }

    /// Reads a pattern; throws `ingestion.bad-pattern` for an empty one, a leading `/` and a misplaced `{lang}`.
    public init(_ pattern: String) throws(Diagnostic) {
        self.pattern = pattern
        let segments = pattern.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard !pattern.isEmpty, !pattern.hasPrefix("/") else {
            throw Diagnostic(
                "ingestion.bad-pattern", "this is no pattern of paths", expected: "a path without a leading slash",
                found: "\"\(pattern)\"")
        }
        let named = segments.indices.filter { segments[$0].contains("{lang}") }
        guard named.count <= 1, named.allSatisfy({ segments[$0] == "{lang}" }) else {
            throw Diagnostic(
                "ingestion.bad-pattern", "{lang} stands for a whole part between slashes, once", found: pattern)
        }
        if let place = named.first {
            whole = []
            aroundLanguage = AroundLanguage(
                before: Glob.parts(of: segments[..<place].map { $0 + "/" }.joined()),
                after: Glob.parts(of: segments[(place + 1)...].map { "/" + $0 }.joined()))
        } else {
            whole = Glob.parts(of: pattern)
            aroundLanguage = nil
        }
    }

    /// Compares a path, relative and without a leading slash.
    public func match(_ path: String) -> Match {
        let bytes = Array(path.utf8)
        guard let around = aroundLanguage else {
            return Glob.matches(whole, bytes[...]) ? .yes(language: nil) : .no
        }
        var start = 0
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "/")) ?? bytes.count
            if let language = Glob.language(bytes[start..<end]), Glob.matches(around.before, bytes[..<start]),
                Glob.matches(around.after, bytes[end...])
            {
                return .yes(language: language)
            }
            start = end + 1
        }
        return .no
    }

    private static func language(_ segment: ArraySlice<UInt8>) -> String? {
        let code = String(decoding: segment.map { $0 == UInt8(ascii: "_") ? UInt8(ascii: "-") : $0 }, as: UTF8.self)
        return LanguageCode.isValid(code) ? code : nil
    }

    private static func parts(of pattern: String) -> [Part] {
        let bytes = Array(pattern.utf8)
        var parts = [Part]()
        var at = 0
        while at < bytes.count {
            switch bytes[at] {
            case UInt8(ascii: "*"):
                let run = bytes[at...].prefix { $0 == UInt8(ascii: "*") }.count
                at += run
                let opensSegment = at == run || bytes[at - run - 1] == UInt8(ascii: "/")
                if run > 1, opensSegment, at < bytes.count, bytes[at] == UInt8(ascii: "/") {
                    parts.append(.anyFolders)
                    at += 1
                } else {
                    parts.append(run > 1 ? .anyBytes : .segmentBytes)
                }
                continue
            case UInt8(ascii: "?"): parts.append(.character)
            case let byte: parts.append(.byte(byte))
            }
            at += 1
        }
        return parts
    }

    /// Keeps the set of part numbers that may come next, byte by byte.
    private static func matches(_ parts: [Part], _ bytes: ArraySlice<UInt8>) -> Bool {
        var states = [Bool](repeating: false, count: parts.count + 1)
        states[0] = true
        for index in bytes.indices {
            open(parts, &states, atFolderStart: index == bytes.startIndex || bytes[index - 1] == UInt8(ascii: "/"))
            var next = [Bool](repeating: false, count: parts.count + 1)
            let byte = bytes[index]
            for (number, part) in parts.enumerated() where states[number] {
                switch part {
                case .byte(let wanted): if byte == wanted { next[number + 1] = true }
                case .segmentBytes: if byte != UInt8(ascii: "/") { next[number] = true }
                case .anyBytes: next[number] = true
                case .anyFolders:
                    next[number] = true
                    if byte == UInt8(ascii: "/") { next[number + 1] = true }
                case .character:
                    // A character's later bytes keep the state; its first byte moves on.
                    if byte != UInt8(ascii: "/") { next[isLast(index, bytes) ? number + 1 : number] = true }
                }
            }
            states = next
        }
        open(parts, &states, atFolderStart: bytes.isEmpty)
        return states[parts.count]
    }

    private static func isLast(_ index: Int, _ bytes: ArraySlice<UInt8>) -> Bool {
        index + 1 == bytes.endIndex || bytes[index + 1] & 0xC0 != 0x80
    }

    /// Adds the states that are reached without a byte.
    private static func open(_ parts: [Part], _ states: inout [Bool], atFolderStart: Bool) {
        for (number, part) in parts.enumerated() where states[number] {
            switch part {
            case .segmentBytes, .anyBytes: states[number + 1] = true
            case .anyFolders: if atFolderStart { states[number + 1] = true }
            case .byte, .character: break
            }
        }
    }
}

extension [Glob] {
    /// The first pattern's match.
    func match(_ path: String) -> Glob.Match {
        for glob in self {
            let match = glob.match(path)
            if match != .no { return match }
        }
        return .no
    }
}
