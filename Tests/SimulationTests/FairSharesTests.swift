import Testing

@testable import Simulation

@Suite("Max-min fair shares") struct FairSharesTests {
    @Test("Flows of one link share it equally, and one that uses none waits for nobody")
    func equal() {
        #expect(FairShares.rates([[0], [0], [0], [0], []], links: 1) == [0.25, 0.25, 0.25, 0.25, .infinity])
    }

    @Test("What a flow cannot use because of another link goes to its neighbours")
    func leftOver() {
        // Link 0 has three flows, one of which shares link 1 with three more: the text-book case.
        let rates = FairShares.rates([[0], [0], [0, 1], [1], [1], [1]], links: 2)
        let expected = [0.375, 0.375, 0.25, 0.25, 0.25, 0.25]
        for (rate, value) in zip(rates, expected) { #expect(abs(rate - value) < 1e-12) }
    }

    @Test("No link carries more than it can, and every flow is held back by a full one", arguments: 1...20)
    func properties(seed: Int) {
        var state = UInt64(seed)
        func draw(_ bound: Int) -> Int {
            state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int(state >> 33) % bound
        }
        let flows = (0..<30).map { _ in Array(Set((0...draw(3)).map { _ in draw(8) })).sorted() }
        let rates = FairShares.rates(flows, links: 8)
        let loads = (0..<8).map { link in zip(flows, rates).reduce(0) { $0 + ($1.0.contains(link) ? $1.1 : 0) } }
        #expect(loads.allSatisfy { $0 <= 1 + 1e-9 })
        for (flow, rate) in zip(flows, rates) {
            // A bottleneck: full, and nobody on it has more.
            let hasBottleneck = flow.contains { link in
                loads[link] > 1 - 1e-9
                    && zip(flows, rates).allSatisfy { !$0.0.contains(link) || $0.1 <= rate * (1 + 1e-9) }
            }
            #expect(hasBottleneck)
        }
    }
}
