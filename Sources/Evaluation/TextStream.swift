/// The text of tokens as it can be shown while more are drawn: whole characters, before any stop.
///
/// Bytes that are not UTF-8 show as a replacement character, control characters not at all. The pieces together are the same
/// text however the bytes were divided.
public struct TextStream {
    private let stops: StopStrings
    private let keepsLines: Bool
    /// Bytes that are not shown yet: part of a character, or perhaps of a stop.
    private var waiting: [UInt8] = []
    private var hasShown = false
    private var owesSpace = false
    /// Whether a stop was written; what comes after it is not shown.
    public private(set) var isStopped = false

    /// - Parameter keepsLines: whether line breaks stay; otherwise lines are joined by single spaces.
    public init(stops: StopStrings, keepsLines: Bool) {
        (self.stops, self.keepsLines) = (stops, keepsLines)
    }

    /// Takes the bytes of a token; returns what can be shown now.
    public mutating func add(_ bytes: [UInt8]) -> String {
        guard !isStopped else { return "" }
        waiting += bytes
        if let stop = stops.firstStop(waiting) {
            isStopped = true
            waiting.removeSubrange(stop...)
        }
        let held = isStopped ? 0 : max(stops.heldBack(waiting), Self.unfinished(waiting))
        // A stop may begin in the middle of a character only if it is not UTF-8.
        var ready = Array(waiting.dropLast(held))
        ready.removeLast(isStopped ? 0 : Self.unfinished(ready))
        waiting.removeFirst(ready.count)
        return shown(ready)
    }

    /// What was held back, now that no more comes.
    public mutating func finish() -> String {
        defer { waiting = [] }
        return shown(waiting)
    }

    /// How many bytes at the end begin a character that they do not finish.
    private static func unfinished(_ bytes: [UInt8]) -> Int {
        for length in 1...3 where length <= bytes.count {
            switch bytes[bytes.count - length] {
            case 0x80..<0xC0: continue
            case 0xC2..<0xE0: return length < 2 ? length : 0
            case 0xE0..<0xF0: return length < 3 ? length : 0
            case 0xF0..<0xF5: return length < 4 ? length : 0
            default: return 0
            }
        }
        return 0
    }

    private mutating func shown(_ bytes: [UInt8]) -> String {
        var text = String.UnicodeScalarView()
        for scalar in String(decoding: bytes, as: UTF8.self).unicodeScalars {
            if scalar == "\n" {
                if keepsLines { text.append(scalar) } else { owesSpace = hasShown }
                continue
            }
            if scalar.value < 32 || scalar.value == 127 { continue }
            if owesSpace { text.append(" ") }
            (owesSpace, hasShown) = (false, true)
            text.append(scalar)
        }
        return String(text)
    }
}
