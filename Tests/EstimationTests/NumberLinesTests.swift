import Testing

@testable import Estimation

@Suite("Numbers and tables for people") struct NumberLinesTests {
    @Test("Numbers keep three digits and group thousands")
    func numbers() {
        #expect(Lines.significant(0) == "0")
        #expect(Lines.significant(0.0123456) == "0.0123")
        #expect(Lines.significant(12.346) == "12.35")
        #expect(Lines.significant(123.46) == "123.5")
        #expect(Lines.significant(1_234_567) == "1,234,567")
        #expect(Lines.number(-1234.5, decimals: 1) == "-1,234.5")
        #expect(Lines.percent(0.5) == "50.0 %")
        #expect(Lines.duration(90) == "90.00 s")
        #expect(Lines.duration(4 * 86400) == "4.00 days")
    }

    @Test("Columns align")
    func table() {
        #expect(
            Lines.table([["name", "GiB"], ["a", "10"], ["long name", "1"]]) == [
                "name       GiB", "a           10", "long name    1",
            ])
    }
}
