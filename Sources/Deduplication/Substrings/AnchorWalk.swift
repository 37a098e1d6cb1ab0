/// Walks over a text's windows by their anchors: the leftmost least hash among the window's runs of bytes.
struct AnchorWalk {
    private let runBytes: Int
    private let runsPerWindow: Int
    /// The hashes of the last runs, at their position modulo a power of two.
    private var ring: [UInt64]
    /// The base to the power `runBytes`: what the byte that leaves a run weighs.
    private let leaving: UInt64

    private static let base: UInt64 = 0xD1B5_4A32_D192_ED03

    init(runBytes: Int, runsPerWindow: Int) {
        self.runBytes = runBytes
        self.runsPerWindow = runsPerWindow
        var size = 1
        while size < runsPerWindow { size *= 2 }
        ring = [UInt64](repeating: 0, count: size)
        leaving = (0..<runBytes).reduce(1) { power, _ in power &* Self.base }
    }

    /// Calls `body` for each stretch of windows that share the place of their anchor, with the anchor's hash.
    @inline(__always)
    mutating func forEachAnchor(
        _ bytes: UnsafeBufferPointer<UInt8>, _ text: Range<Int>, _ body: (UInt64, Stretch) -> Void
    ) {
        var rolling: UInt64 = 0
        for index in text.prefix(runBytes) { rolling = rolling &* Self.base &+ UInt64(bytes[index]) }
        let mask = ring.count - 1
        let runBytes = runBytes
        let runsPerWindow = runsPerWindow
        let leaving = leaving
        ring.withUnsafeMutableBufferPointer { ring in
            var (anchor, least) = (text.lowerBound, UInt64.max)
            var first = text.lowerBound
            var run = text.lowerBound
            while true {
                let hash = Self.spread(rolling)
                ring[run & mask] = hash
                // The window of which this run is the last; the text's first runs complete none.
                let window = run - runsPerWindow + 1
                if anchor < window {
                    body(least, Stretch(first: first, count: window - first, anchor: anchor))
                    first = window
                    (anchor, least) = Self.leftmostLeast(ring, mask, window...run)
                } else if hash < least {
                    if window > first {
                        body(least, Stretch(first: first, count: window - first, anchor: anchor))
                        first = window
                    }
                    (anchor, least) = (run, hash)
                }
                guard run + runBytes < text.upperBound else { break }
                rolling =
                    rolling &* Self.base &+ UInt64(bytes[run + runBytes]) &- leaving &* UInt64(bytes[run])
                run += 1
            }
            body(least, Stretch(first: first, count: run - runsPerWindow + 2 - first, anchor: anchor))
        }
    }

    @inline(__always)
    private static func spread(_ rolling: UInt64) -> UInt64 {
        let x = (rolling ^ rolling >> 32) &* 0x9E37_79B9_7F4A_7C15
        return x ^ x >> 29
    }

    private static func leftmostLeast(
        _ ring: UnsafeMutableBufferPointer<UInt64>, _ mask: Int, _ runs: ClosedRange<Int>
    ) -> (Int, UInt64) {
        var (anchor, least) = (runs.lowerBound, ring[runs.lowerBound & mask])
        for run in runs.dropFirst() where ring[run & mask] < least {
            (anchor, least) = (run, ring[run & mask])
        }
        return (anchor, least)
    }
}
