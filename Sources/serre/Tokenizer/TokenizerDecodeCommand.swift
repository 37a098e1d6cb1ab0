import ArgumentParser
import Diagnostics
import Foundation
import Tokenizers

struct TokenizerDecodeCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "decode",
        abstract: "Turn token numbers into text again: each line of numbers is a text.",
        discussion: """
            Example:
              echo "83 101 114 114 101" | serre tokenizer decode --tokenizer bytes

            The text comes out byte for byte, with nothing added; between the texts of two lines stands a line end.
            """)
    @OptionGroup var tokenizer: TokenizerArgument
    @Argument(help: "The file to read; - is standard input.", completion: .file())
    var file = "-"
    @Flag(help: "Leave special tokens out.")
    var skipSpecial = false
    @Flag(help: "Print JSON: an object with text for each line; bytes that are not UTF-8 become U+FFFD.")
    var json = false

    private struct Line: Encodable { var text: String }

    func run() throws {
        let tokenizer = try Tokenizer.load(tokenizer.tokenizer)
        let lines = try InputText.read(file).split(separator: 10)
        for (index, line) in lines.enumerated() {
            let text = try tokenizer.decode(ids(in: line, number: index + 1), skippingSpecial: skipSpecial)
            if json {
                try Console.printJSON(Line(text: String(decoding: text, as: UTF8.self)))
            } else {
                let end: [UInt8] = index + 1 < lines.count ? [10] : []
                try? FileHandle.standardOutput.write(contentsOf: Data(text + end))
            }
        }
    }

    private func ids(in line: ArraySlice<UInt8>, number: Int) throws(Diagnostic) -> [TokenID] {
        var ids: [TokenID] = []
        for word in line.split(whereSeparator: { $0 == 32 || $0 == 9 || $0 == 13 || $0 == UInt8(ascii: ",") }) {
            let text = String(decoding: word, as: UTF8.self)
            guard let id = TokenID(text) else {
                throw Diagnostic(
                    "tokenizer.input", "this is no token's number", at: .init(file: file, line: number),
                    expected: "whole numbers with spaces between", found: String(text.prefix(40)))
            }
            ids.append(id)
        }
        return ids
    }
}
