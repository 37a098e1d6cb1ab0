import ArgumentParser
import Corpora
import Diagnostics
import Foundation
import Interchange

struct TokensShowCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show",
        abstract: "Documents and tokens per language, with every digest checked; or one file of any maker.",
        discussion: """
            Examples:
              serre tokens show tokens/small.json
              serre tokens show tokens/small-fr-train.idx --document 0
            """)

    @Argument(
        help: ArgumentHelp("PREFIX.json or PREFIX, or an .idx file with its .bin beside it.", valueName: "file"),
        completion: .file())
    var file: String
    @Option(help: "Of an .idx file: print the tokens of this document, counted from 0.")
    var document: Int?
    @Flag(help: "Print JSON.")
    var json = false

    func validate() throws {
        if document != nil, !file.hasSuffix(".idx") { throw ValidationError("--document needs an .idx file.") }
    }

    func run() throws {
        guard file.hasSuffix(".idx") else {
            return try printReport(TokenCorpus.open(manifest, verify: true).manifest, json: json)
        }
        let tokens = try IndexedTokens(prefix: String(file.dropLast(4)))
        if let document { return try show(document, of: tokens) }
        try tokens.verify()
        let digests = try tokens.digests()
        if json {
            return try Console.printJSON(
                FileReport(
                    type: tokens.type.name, sequences: tokens.sequenceCount, documents: tokens.documentCount,
                    tokens: tokens.tokenCount, bin: digests.bin.description, idx: digests.idx.description))
        }
        Console.print("type       \(tokens.type.name)")
        Console.print("sequences  \(grouped(tokens.sequenceCount))")
        Console.print("documents  \(grouped(tokens.documentCount))")
        Console.print("tokens     \(grouped(tokens.tokenCount))")
        Console.print(".bin       \(digests.bin)")
        Console.print(".idx       \(digests.idx)")
    }

    /// The file itself, or that of the prefix which was given in its place, as `tokens build` takes one.
    private var manifest: String {
        let isThere = FileManager.default.fileExists(atPath: file)
        return !isThere && FileManager.default.fileExists(atPath: file + ".json") ? file + ".json" : file
    }

    private func show(_ document: Int, of tokens: IndexedTokens) throws(Diagnostic) {
        guard (0..<tokens.documentCount).contains(document) else {
            throw Diagnostic(
                "tokens.document", "there is no such document", at: .init(file: file),
                expected: "a number from 0 to \(tokens.documentCount - 1)", found: "\(document)")
        }
        let ids = try tokens.document(document)
        if json { return try Console.printJSON(DocumentReport(document: document, ids: ids)) }
        Console.print(ids.map { String($0) }.joined(separator: " "))
    }

    private struct FileReport: Encodable {
        var type: String
        var sequences, documents, tokens: Int
        var bin, idx: String
    }

    private struct DocumentReport: Encodable {
        var document: Int
        var ids: [Int]
    }
}

/// Prints what token files hold.
func printReport(_ manifest: TokenManifest, json: Bool) throws(Diagnostic) {
    if json { return Console.print(try TokenReport(manifest).json()) }
    for line in try TokenReport(manifest).lines() { Console.print(line) }
}
