/// Texts that end what a model writes; they are not part of it.
public struct StopStrings: Sendable, Equatable {
    private let stops: [[UInt8]]

    /// Empty texts stop nothing.
    public init(_ stops: [String]) { self.stops = stops.filter { !$0.isEmpty }.map { Array($0.utf8) } }

    /// Whether one of them is in a text.
    public func isIn(_ text: String) -> Bool { firstStop(Array(text.utf8)) != nil }

    /// The text before the first of them.
    public func cut(_ text: String) -> String {
        let bytes = Array(text.utf8)
        return firstStop(bytes).map { String(decoding: bytes[..<$0], as: UTF8.self) } ?? text
    }

    /// How many bytes at a text's end may be the beginning of a stop: they are not shown before more is known.
    public func heldBack(_ bytes: [UInt8]) -> Int {
        stops.map { stop in
            (1..<stop.count).last { length in
                length <= bytes.count && bytes.suffix(length).elementsEqual(stop[..<length])
            }
                ?? 0
        }.max() ?? 0
    }

    func firstStop(_ bytes: [UInt8]) -> Int? {
        bytes.indices.first { start in
            stops.contains { bytes.count - start >= $0.count && bytes[start..<start + $0.count].elementsEqual($0) }
        }
    }
}
