import Testing

@testable import Notebooks

/// What recorded lines accept, and no more.
@Suite("Recorded outputs")
struct OutputPatternTests {
    private func accepts(_ recorded: [String], _ printed: [String]) -> Bool {
        OutputPattern(recorded: recorded).accepts(printed)
    }

    @Test("accept themselves only", arguments: [["a", "b"], [], ["a (glob) b"], ["... more"]])
    func exact(lines: [String]) {
        #expect(accepts(lines, lines))
        #expect(!accepts(lines, lines + ["x"]) && !accepts(["x"] + lines, lines))
    }

    @Test func marks() {
        #expect(accepts(["run  20*-nano-???? (glob)"], ["run  20261129-004025-nano-7f3a"]))
        #expect(!accepts(["run  20*-nano-???? (glob)"], ["run  20261129-004025-nano-7f3"]))
        #expect(!accepts(["a.c (glob)"], ["abc"]))
        #expect(accepts(["[0-9]+ steps (re)"], ["12 steps"]) && !accepts(["[0-9]+ steps (re)"], ["12 steps more"]))
        #expect(!accepts(["[ (re)"], ["["]), "what is no expression accepts nothing but itself")
        #expect(accepts(["[ (re)"], ["[ (re)"]))
    }

    @Test func numbers() {
        let line = "loss 4.5063  in 12 steps (≈ 1e-2)"
        #expect(accepts([line], ["loss 4.51  in 12 steps"]) && accepts([line], ["loss 4.5063 in 12.1 steps"]))
        #expect(!accepts([line], ["loss 4.6  in 12 steps"]) && !accepts([line], ["gain 4.5063  in 12 steps"]))
        #expect(!accepts([line], ["loss nan  in 12 steps"]))
        #expect(accepts(["1,000,000 hours (≈ 1e-3)"], ["999,900 hours"]) && accepts([".5 (≈ 1e-3)"], ["0.50"]))
        #expect(!accepts(["1,000 hours (≈ 1e-3)"], ["1,900 hours"]))
        #expect(accepts(["-1e-3 (≈ 0.1)"], ["-0.00095"]) && !accepts(["-1e-3 (≈ 0.1)"], ["0.001"]))
    }

    @Test func theSameLettersInOtherBytesAreAnotherOutput() {
        #expect("é" == "e\u{301}" && !accepts(["é"], ["e\u{301}"]))
    }

    @Test func anyLines() {
        #expect(accepts(["a", "...", "d"], ["a", "b", "c", "d"]) && accepts(["a", "...", "d"], ["a", "d"]))
        #expect(accepts(["...", "d"], ["d", "x", "d"]) && !accepts(["...", "d"], ["d", "x"]))
        #expect(accepts(["a", "..."], ["a"]) && !accepts(["a", "..."], []))
        #expect(accepts(["...", "b* (glob)", "..."], ["a", "bcd", "e", "f"]))
    }
}
