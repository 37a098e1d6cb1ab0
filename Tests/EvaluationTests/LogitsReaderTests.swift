import Diagnostics
import Evaluation
import Testing

@Suite("Logits reader")
struct LogitsReaderTests {
    private func reader() throws -> LogitsReader {
        let reader = try LogitsReader(recipe: TestModel.recipe(), kernels: TestModel.kernels())
        reader.model.initialize()
        return reader
    }

    @Test("gives the executor's own logits, and those of a prefix are the beginning of the whole's")
    func sameLogits() throws {
        let tokens: [Int32] = [256, 72, 105, 33, 7]
        let found = try reader().logits(of: tokens)
        let expected = try TestModel.executor(TestModel.recipe()).logits(tokens)
        #expect(found == expected.prefix(5).flatMap { $0 })
        #expect(try reader().logits(of: Array(tokens.prefix(3))) == Array(found.prefix(3 * reader().width)))
    }

    @Test("refuses samples that do not fit the model")
    func refusals() throws {
        let reader = try reader()
        let long = [Int32](repeating: 1, count: try TestModel.recipe().model.sequenceLength + 1)
        for tokens in [[], long, [-1], [Int32(reader.width)]] {
            let found = #expect(throws: Diagnostic.self) { try reader.logits(of: tokens) }
            #expect(found?.code == "logits.tokens")
        }
    }
}
