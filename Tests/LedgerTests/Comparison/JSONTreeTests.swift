import Foundation
import Testing

@testable import Ledger

@Suite struct JSONTreeTests {
    @Test(arguments: [
        "null", "true", "false", "0", "-0.0", "-7", "9223372036854775807", "0.1", "6.086387356044725", "1e-300",
        "\"\"", "\"é \\\"quoted\\\"\"", "[]", "{}", "[1,[2.5,null],{\"a\":\"b\"}]",
        "{\"a\":{\"b\":[true,\"1\"]},\"z\":-1.5e+300}",
    ])
    func readsBackWhatItWrites(json: String) throws {
        let tree = try JSONDecoder().decode(JSONTree.self, from: Data(json.utf8))
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        let text = String(decoding: try encoder.encode(tree), as: UTF8.self)
        #expect(text == json.replacing("-0.0", with: "-0"))
        let again = try JSONDecoder().decode(JSONTree.self, from: Data(text.utf8))
        #expect(again == tree)
        if case .number(let number) = tree, case .number(let other) = again {
            #expect(number.bitPattern == other.bitPattern)
        }
    }

    @Test func scalarsAreText() throws {
        let json = "{\"a\":1,\"b\":0.5,\"c\":\"x\",\"d\":false,\"e\":null,\"f\":[]}"
        let tree = try JSONDecoder().decode(JSONTree.self, from: Data(json.utf8))
        #expect(tree.members.map(\.value.text) == ["1", "0.5", "x", "false", "null", nil])
        #expect(tree["f"]?.elements == [] && tree["g"] == nil)
    }
}
