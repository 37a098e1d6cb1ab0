import Corpora
import Testing

@Suite struct BlendedOrderTests {
    private static let parts: [BlendedOrder.Part] = [
        .init(language: "en", windows: 500, share: 6), .init(language: "fr", windows: 97, share: 3),
        .init(language: "sw", windows: 1, share: 1),
    ]

    /// Windows of each language in the order of their visits.
    private func visits(_ parts: [BlendedOrder.Part], seed: UInt64, samples: Int) -> [[Int]] {
        let order = BlendedOrder(parts: parts, seed: seed)
        var visits = [[Int]](repeating: [], count: parts.count)
        for sample in 0..<samples {
            let (part, window) = order.place(ofSample: sample)
            visits[part].append(window)
        }
        return visits
    }

    @Test(arguments: [0, 42, UInt64.max]) func `every window of a language is visited once per epoch`(seed: UInt64) {
        // At the end of a block every number below a language's count has been drawn.
        let visits = visits(Self.parts, seed: seed, samples: 8 * Blend.blockSize)
        for (part, windows) in zip(Self.parts, visits) {
            let epochs = windows.count / part.windows
            #expect(epochs > 5)
            var times = [Int](repeating: 0, count: part.windows)
            for window in windows { times[window] += 1 }
            // Whole epochs, and the begun one at most once more.
            #expect(times.allSatisfy { $0 == epochs || $0 == epochs + 1 })
        }
    }

    @Test func `a language alone is visited epoch by epoch in other orders`() {
        let windows = Blend.blockSize
        let part = BlendedOrder.Part(language: "fr", windows: windows, share: 1)
        let visits = visits([part], seed: 3, samples: 3 * windows)[0]
        let epochs = (0..<3).map { Array(visits[$0 * windows..<($0 + 1) * windows]) }
        for epoch in epochs { #expect(epoch.sorted() == Array(0..<windows)) }
        #expect(epochs[0] != epochs[1] && epochs[1] != epochs[2] && epochs[0] != Array(0..<windows))
    }

    @Test func `the order is the seed's, and a language's own`() {
        let samples = 3000
        #expect(visits(Self.parts, seed: 1, samples: samples) == visits(Self.parts, seed: 1, samples: samples))
        #expect(visits(Self.parts, seed: 1, samples: samples) != visits(Self.parts, seed: 2, samples: samples))
        var renamed = Self.parts
        renamed[0].language = "de"
        let (before, after) = (
            visits(Self.parts, seed: 1, samples: samples), visits(renamed, seed: 1, samples: samples)
        )
        #expect(before[0] != after[0] && before[1] == after[1])
    }

    @Test func `the order is the one recorded`() {
        // From the sampler of scripts/interop_tokens.py (--golden): a change here would change the data of every recorded run.
        let order = BlendedOrder(parts: Self.parts, seed: 42)
        let places = [0, 1, 2, 3, 1023, 1024, 5000, 1_000_000].map { sample in
            let place = order.place(ofSample: sample)
            return [place.part, place.window]
        }
        #expect(places == [[0, 402], [1, 19], [0, 289], [0, 217], [2, 0], [0, 31], [1, 46], [1, 62]])
    }
}
