import Tables
import Testing

@Suite struct TextTableTests {
    @Test func columnsAreAlignedAndTheLastIsNotPadded() {
        var table = TextTable(header: ["run", "steps", "state"], numeric: [1])
        table.rows = [["nano", "10", "finished"], ["été-☃", "1000", "dead"]]
        #expect(table.lines == ["run    steps  state", "nano      10  finished", "été-☃   1000  dead"])
    }

    @Test func aTableWithoutHeaderHasOnlyItsRows() {
        #expect(TextTable(header: [], rows: [["a", "b"], ["ccc"]]).lines == ["a    b", "ccc"])
        #expect(TextTable(header: []).lines.isEmpty)
    }

    @Test func aLastColumnIsBrokenAtSpaces() {
        var table = TextTable(header: ["name", "what"])
        table.rows = [["torn", "a node loses power in the middle of a save"], ["x", "short"]]
        #expect(
            table.wrapped(to: 30).lines == [
                "name  what", "torn  a node loses power in", "      the middle of a save", "x     short",
            ])
        #expect(table.wrapped(to: 100).lines == table.lines)
        #expect(TextTable(header: []).wrapped(to: 10).lines.isEmpty)
    }
}
