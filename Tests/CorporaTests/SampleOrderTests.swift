import Corpora
import Testing

@Suite struct SampleOrderTests {
    private func epoch(_ epoch: Int, windows: Int, seed: UInt64) -> [Int] {
        let order = SampleOrder(windows: windows, seed: seed)
        return (0..<windows).map { order.window(ofSample: epoch * windows + $0) }
    }

    @Test(arguments: [1, 2, 3, 4, 5, 7, 8, 9, 15, 16, 17, 31, 64, 65, 100, 255, 256, 257, 1000, 1025, 4097])
    func `every epoch visits every window once`(windows: Int) {
        for number in [0, 1, 5] {
            #expect(epoch(number, windows: windows, seed: 7).sorted() == Array(0..<windows))
        }
    }

    @Test func `epochs and seeds have orders of their own`() {
        let first = epoch(0, windows: 500, seed: 1)
        #expect(first != Array(0..<500))
        #expect(first != epoch(1, windows: 500, seed: 1))
        #expect(first != epoch(0, windows: 500, seed: 2))
        #expect(first != epoch(0, windows: 500, seed: 1 << 32 | 1))
        #expect(first == epoch(0, windows: 500, seed: 1))
    }

    @Test func `windows are spread evenly`() {
        // The mean index over the first tenth of an epoch, for 50 seeds, lies near the middle (5 standard errors).
        let windows = 1000
        var sum = 0
        for seed in 0..<50 { sum += epoch(0, windows: windows, seed: UInt64(seed)).prefix(100).reduce(0, +) }
        let mean = Double(sum) / 5000
        #expect(abs(mean - 499.5) < 5 * 288.7 / 5000.0.squareRoot())
    }

    @Test func `sizes beyond 32 bits stay in range`() {
        let order = SampleOrder(windows: 1 << 40 + 12345, seed: 3)
        let windows = (0..<200).map { order.window(ofSample: $0) }
        #expect(windows.allSatisfy { (0..<order.windows).contains($0) })
        #expect(Set(windows).count == 200)
    }

    @Test func `the order is the one recorded`() {
        // From an independent implementation: a change here would change the data of every recorded run.
        #expect(epoch(0, windows: 10, seed: 42) == [8, 7, 6, 1, 9, 2, 4, 3, 5, 0])
        #expect(epoch(1, windows: 10, seed: 42) == [5, 2, 7, 0, 3, 9, 1, 4, 8, 6])
        let late = SampleOrder(windows: 1000, seed: 5 << 32 | 9)
        #expect((0..<4).map { late.window(ofSample: 1000 * (1 << 33) + $0) } == [228, 299, 586, 659])
    }
}
