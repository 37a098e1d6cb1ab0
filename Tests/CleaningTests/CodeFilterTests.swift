import Cleaning
import Testing

// Both sides of each limit of `sourcing/code_dataset/processing.py` and `query.sql` in bigscience-workshop/data-preparation.
@Suite struct CodeFilterTests {
    @Test(arguments: [(100, true), (101, false), (199_999, false), (200_000, true), (1_048_576, true)])
    func `Characters lie between 100 and 200,000`(_ characters: Int, _ isDropped: Bool) {
        let text = String(repeating: "x", count: characters)
        #expect(apply(CodeSizeFilter(), text).outcome.isDropped == isDropped)
    }

    @Test(arguments: [(20, true), (21, false), (999, false), (1000, true)])
    func `The longest line lies between 20 and 1,000 characters`(_ characters: Int, _ isDropped: Bool) {
        let text = "é\n" + String(repeating: "é", count: characters) + "\nx\n"
        #expect(apply(CodeLineFilter(), text).outcome.isDropped == isDropped)
    }

    // Lengths 1 and 7 deviate by 3 from their mean, 1 and 8 by 3.5.
    @Test(arguments: [("a bcdefgh", true), ("a bcdefghi", false), ("", true), ("1.0 2.0 3.0 4.0", true)])
    func `Token lengths must vary`(_ text: String, _ isDropped: Bool) {
        #expect(apply(CodeTokenFilter(), text).outcome.isDropped == isDropped)
    }

    // Shares of characters other than letters, digits and _: 3, 4, 12 and 13 of 20.
    @Test(arguments: [(3, true), (4, false), (12, false), (13, true), (0, true), (20, true)])
    func `Special characters lie between 0.15 and 0.65`(_ specials: Int, _ isDropped: Bool) {
        let text = String(repeating: ";", count: specials) + String(repeating: "_", count: 20 - specials)
        #expect(apply(CodeCharacterFilter(), text).outcome.isDropped == isDropped)
    }

    @Test(arguments: [
        ("MIT", ["mit", "Apache-2.0"], false), ("GPL-3.0", ["mit"], true), ("GPL", ["GPL-3.0"], true),
        (nil, ["mit"], true),
    ])
    func `A licence must be on the list, whole`(_ licence: String?, _ allowed: [String], _ isDropped: Bool) {
        #expect(apply(LicenceFilter(licence: licence, allowed: allowed), "x").outcome.isDropped == isDropped)
    }

    @Test(arguments: [("\u{FEFF}a\r\n\tb\r", "a\n\tb\n"), ("a  \n\n\n\tb", "a  \n\n\n\tb")])
    func `Code keeps its white space`(_ text: String, _ expected: String) {
        #expect(Array(apply(CodeNormalisation(), text).text.utf8) == Array(expected.utf8))
    }
}
