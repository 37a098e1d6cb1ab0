import Corpora
import Diagnostics
import Foundation
import Testing

/// Large files are not read when they are opened, and what is wrong in them is found all the same.
@Suite struct TokenVerificationTests {
    private let folder = TemporaryFolder()

    /// Token files of `bytes` bytes of text at least, half of it held out.
    private func build(_ bytes: Int = 10_000) throws {
        let line = "a line of the long story of a glass house\n"
        for (number, name) in ["a", "b", "c", "d"].enumerated() {
            try folder.write(
                "texts/en/\(name).txt", String(repeating: line, count: bytes / line.utf8.count / 4 + number))
        }
        try CorpusBuilder.build(sources: [CorpusSource(path: folder["texts"])], output: folder["corpus"])
        try TokenBuilder(corpus: folder["corpus"], tokenizer: "bytes", prefix: folder["made/small"]).build()
    }

    private func damage(_ file: String) throws {
        let handle = try FileHandle(forUpdating: URL(fileURLWithPath: folder[file]))
        let place = try handle.seekToEnd() / 2
        try handle.seek(toOffset: place)
        let byte = try #require(try handle.read(upToCount: 1)?.first)
        try handle.seek(toOffset: place)
        try handle.write(contentsOf: [byte ^ 1])
        try handle.close()
    }

    @Test func `what is large is opened without being read, and damage in it is found beside`() throws {
        try build(36 << 20)
        #expect(try TokenCorpus.open(folder["made/small.json"]).beginVerification()?.end() == true)
        try damage("made/small-en-train.bin")
        // Had opening read the file, it would have found the damage.
        let tokens = try openTokenSource(folder["made/small.json"])
        let verification = try #require(tokens.beginVerification())
        let error = try #require(diagnostic { () throws(Diagnostic) in _ = try verification.end() })
        #expect(error.code == "tokens.digest" && error.location?.file == folder["made/small-en-train.bin"])
        #expect(error.remedy?.contains("begin it again") == true)
        #expect(diagnostic { () throws(Diagnostic) in try verification.check() } == error)
        #expect(diagnostic { () throws(Diagnostic) in try tokens.verifyHeldOut() } == nil)
    }

    @Test func `what is small is verified when it is opened`() throws {
        try build()
        #expect(try TokenCorpus.open(folder["made/small.json"]).beginVerification() == nil)
        #expect(try openTokenSource(folder["corpus"]).beginVerification() == nil)
        try damage("made/small-en-train.bin")
        let error = diagnostic { () throws(Diagnostic) in _ = try openTokenSource(folder["made/small.json"]) }
        #expect(error?.code == "tokens.digest")
    }

    @Test(arguments: ["small-en-train.bin", "small-en-train.idx", "small-en-validation.bin", "small-en-validation.idx"])
    func `every file is verified`(file: String) throws {
        try build()
        func verification() throws(Diagnostic) -> TokenVerification? {
            try TokenCorpus.open(folder["made/small.json"], verify: false).beginVerification()
        }
        let sound = try #require(try verification())
        #expect(try sound.end() && sound.share == 1)
        try damage("made/\(file)")
        // The header of a short index is looked at when it is opened.
        let error = diagnostic { () throws(Diagnostic) in _ = try verification()?.end() }
        #expect(error?.location?.file == folder["made/\(file)"])
        let heldOut = diagnostic { () throws(Diagnostic) in
            try TokenCorpus.open(folder["made/small.json"], verify: false).verifyHeldOut()
        }
        if file.hasSuffix(".bin") { #expect((heldOut != nil) == file.contains("validation")) }
    }

    @Test func `shards of bytes are verified too`() throws {
        try build()
        let name = try #require(try folder.names("corpus").first { $0.hasSuffix(".tokens") })
        let sound = try Corpus.open(folder["corpus"], verify: false)
        #expect(try sound.beginVerification()?.end() == true)
        try damage("corpus/\(name)")
        let corpus = try Corpus.open(folder["corpus"], verify: false)
        let error = diagnostic { () throws(Diagnostic) in _ = try corpus.beginVerification()?.end() }
        #expect(error?.code == "corpus.digest" && error?.location?.file == folder["corpus/\(name)"])
    }
}
