import Diagnostics
import Foundation
import Testing

@testable import Ingestion

@Suite struct LinesTests {
    private let folder = TemporaryFolder()

    private func source(_ names: [String], language: String? = nil, keys: JSONLines.Keys = .init()) -> Source {
        Source(
            name: "lines", kind: .jsonLines(JSONLines(paths: names.map { folder[$0] }, keys: keys)), language: language)
    }

    private func items(_ content: some Collection<UInt8>, _ limits: IngestionLimits = .init()) throws -> [IngestedItem]
    {
        try folder.write("x.jsonl", content)
        return try readAll(source(["x.jsonl"]), limits)
    }

    @Test func `documents have the place of their line, their language and address`() throws {
        let text = """
            {"text": "une serre", "lang": "fr", "url": "https://example.org/1", "other": [1, {"a": null}]}

            { "lang" : "zh-Hant" , "text" : "温室\\u0020\\ud83c\\udf31" }\r
            {"text": "no language"}
            {"text": "an empty one", "lang": null, "url": 5}
            """
        let items = try items([0xEF, 0xBB, 0xBF] + Array(text.utf8))
        #expect(
            items == [
                .document(
                    RawDocument(
                        text: Array("une serre".utf8), language: "fr", place: "x.jsonl:1", url: "https://example.org/1")
                ),
                .document(RawDocument(text: Array("温室 🌱".utf8), language: "zh-Hant", place: "x.jsonl:3")),
                .document(RawDocument(text: Array("no language".utf8), place: "x.jsonl:4")),
                .document(RawDocument(text: Array("an empty one".utf8), place: "x.jsonl:5")),
            ])
    }

    @Test func `keys can have other names, and a stated language goes first`() throws {
        try folder.write("a.jsonl", #"{"content": "bat", "text": 1, "lang": 7, "link": "u"}"#)
        let source = source(["a.jsonl"], language: "eu", keys: .init(text: "content", url: "link"))
        let document = RawDocument(text: Array("bat".utf8), language: "eu", place: "a.jsonl:1", url: "u")
        #expect(try readAll(source) == [.document(document)])
    }

    @Test func `a licence is read where a key for it is named`() throws {
        try folder.write("a.jsonl", #"{"text": "bat", "licence": "MIT"}"# + "\n" + #"{"text": "bi", "licence": 3}"#)
        let named = try readAll(source(["a.jsonl"], keys: .init(licence: "licence")))
        #expect(
            named == [
                .document(RawDocument(text: Array("bat".utf8), place: "a.jsonl:1", licence: "MIT")),
                .document(RawDocument(text: Array("bi".utf8), place: "a.jsonl:2")),
            ])
        let unnamed = try readAll(source(["a.jsonl"]))
        #expect(unnamed.first == .document(RawDocument(text: Array("bat".utf8), place: "a.jsonl:1")))
    }

    @Test(
        arguments: [
            (Array(#"{"text": "a""#.utf8), "not-json", "expected a comma or } at byte 13 of the line"),
            (Array("[1]".utf8), "not-json", "expected an object, found a list"),
            (Array("nonsense".utf8), "not-json", "expected null at byte 2 of the line"),
            (Array(#"{"lang": "fr"}"#.utf8), "no-text", "the key is missing"),
            (Array(#"{"text": 5}"#.utf8), "no-text", "expected a text, found a number or a truth value"),
            (Array(#"{"text": null}"#.utf8), "no-text", "expected a text, found null"),
            (Array(#"{"text": ""}"#.utf8), "empty", nil), (Array(#"{"text": " \n\t"}"#.utf8), "empty", nil),
            (Array(#"{"text": "a\u0000b"}"#.utf8), "nul-byte", "\\u0000 in the text"),
            (Array(#"{"text": "a\ud800b"}"#.utf8), "lone-surrogate", "at byte 12 of the line"),
            (Array(#"{"text": "\udc00"}"#.utf8), "lone-surrogate", "at byte 11 of the line"),
            (Array(#"{"text": "\ud800\u0041"}"#.utf8), "lone-surrogate", "at byte 11 of the line"),
            (Array(#"{"text": "a", "lang": "French"}"#.utf8), "bad-language", "\"French\""),
            (
                Array(#"{"text": "a", "lang": 1}"#.utf8), "bad-language",
                "expected a text, found a number or a truth value"
            ),
            ([123, 34, 0xFF, 34], "invalid-utf8", "byte 0xff at byte offset 18"),
            ([123, 0, 125], "nul-byte", "at byte offset 17"),
            (
                Array(#"{"text": "0123456789012345678901234567890123456789"}"#.utf8), "too-long",
                "52 bytes, more than 48"
            ),
        ] as [([UInt8], String, String?)])
    func `a bad line is a named skip among good ones`(line: [UInt8], reason: String, detail: String?) throws {
        let good = Array("{\"text\": \"bon\"}\n".utf8)
        let items = try items(good + line + [10] + good, .with { $0.maximumDocumentBytes = 48 })
        try #require(items.count == 3)
        #expect(items[0].summary == "x.jsonl:1 -: bon")
        #expect(items[1] == .skip(SkippedInput(place: "x.jsonl:2", reason: reason, detail: detail)))
        #expect(items[2].summary == "x.jsonl:3 -: bon")
    }

    @Test(arguments: [1, 17, 64, 1_000, 1 << 20]) func `units in turn are the whole, however they are cut`(
        bytes: Int
    ) throws {
        let lines = (0..<200).map { number -> String in
            switch number % 7 {
            case 3: ""
            case 5: "{bad"
            default: "{\"text\": \"\(String(repeating: "mot ", count: number % 11 * 3))fin\", \"lang\": \"fr\"}"
            }
        }
        // With and without a line end at the end.
        for end in ["", "\n", "\n\n"] {
            let content = Array((lines.joined(separator: "\n") + end).utf8)
            let whole = try items(content)
            #expect(whole.count == 200 - lines.filter(\.isEmpty).count)
            #expect(try items(content, .with { $0.unitBytes = bytes }) == whole)
            let plan = try SourceReader(source(["x.jsonl"]), limits: .with { $0.unitBytes = bytes }).plan()
            #expect(plan.bytes == content.count)
            #expect(Set(plan.units.map(\.id)).count == plan.units.count)
            if bytes < 1 << 20 { #expect(plan.units.count > content.count / (bytes + 200)) }
        }
    }

    @Test(arguments: ["gzip", "xz", "zstd", "bzip2"]) func `compressed files give the same documents`(
        program: String
    ) throws {
        guard TemporaryFolder.has(program) else { return }
        let lines = (0..<30_000).map { "{\"text\": \"\($0) \($0 &* 7919 % 10_007)\", \"lang\": \"fr\"}" }
        let plain = try items(Array(lines.joined(separator: "\n").utf8))
        try folder.run(program, "-k", "x.jsonl")
        let ending = ["gzip": "gz", "xz": "xz", "zstd": "zst", "bzip2": "bz2"][program]!
        let packed = try readAll(source(["x.jsonl.\(ending)"]))
        #expect(packed.count == 30_000)
        #expect(packed.map(\.summary) == plain.map { $0.summary.replacing("x.jsonl", with: "x.jsonl.\(ending)") })
    }

    @Test func `what has been read of a compressed file is told between documents`() throws {
        var random = SystemlessRandom(seed: 9)
        let lines = (0..<40_000).map { _ in "{\"text\": \"\(random.next()) \(random.next())\"}" }
        try folder.write("x.jsonl", lines.joined(separator: "\n"))
        try folder.run("gzip", "x.jsonl")
        let reader = try SourceReader(source(["x.jsonl.gz"]))
        let unit = try #require(try reader.plan().units.first)
        let progress = ReadingProgress()
        var seen = [Int]()
        try reader.read(unit, progress: progress) { (_) throws(Diagnostic) in
            if seen.last != progress.bytes { seen.append(progress.bytes) }
        }
        #expect(seen.count >= 3 && seen == seen.sorted() && seen[0] < unit.bytes, "\(seen)")
        #expect(progress.bytes == unit.bytes)
    }

    @Test func `concatenated gzip members are one file`() throws {
        try folder.write("a", "{\"text\": \"un\"}\n")
        try folder.write("b", "{\"text\": \"deux\"}\n")
        try folder.run("sh", "-c", "(gzip -c a; gzip -c b) > x.jsonl.gz")
        let items = try readAll(source(["x.jsonl.gz"]))
        #expect(items.map(\.summary) == ["x.jsonl.gz:1 -: un", "x.jsonl.gz:2 -: deux"])
    }

    @Test(arguments: [("gzip", "gz"), ("bzip2", "bz2")], [0, 1, 100, 300_000])
    func `a part whose first bytes are damaged is no end of the file`(
        _ form: (program: String, ending: String), zeros: Int
    ) throws {
        guard TemporaryFolder.has(form.program) else { return }
        try folder.write("a", "{\"text\": \"un\"}\n")
        try folder.write("b", "{\"text\": \"deux\"}\n")
        let name = "x.jsonl.\(form.ending)"
        try folder.run("sh", "-c", "(\(form.program) -c a; \(form.program) -c b) > whole; \(form.program) -c a > first")
        let (whole, first) = (try folder.read("whole"), try folder.read("first").count)
        let padding = [UInt8](repeating: 0, count: zeros)
        // Zeros that fill up a block are no damage.
        try folder.write(name, whole + padding)
        #expect(try readAll(source([name])).map(\.summary) == ["\(name):1 -: un", "\(name):2 -: deux"])
        var damaged = whole
        damaged[first] ^= 1
        try folder.write(name, damaged[..<first] + padding + damaged[first...])
        let items = try readAll(source([name]))
        #expect(items.map(\.summary) == ["\(name):1 -: un", "\(name):2 !damaged-archive"])
        #expect(items.last?.detail?.contains("what follows byte \(first)") == true)
        // Nothing of a text that stands in such a file alone is the whole text.
        try folder.write("texts/en/t.txt.\(form.ending)", damaged)
        let texts = Source(name: "t", kind: .folder(TextFolder(path: folder["texts"])))
        #expect(try readAll(texts).map(\.summary) == ["en/t.txt.\(form.ending) !damaged-archive"])
    }

    @Test func `a truncated file keeps what came before and names the damage`() throws {
        var random = SystemlessRandom(seed: 5)
        let lines = (0..<20_000).map { _ in "{\"text\": \"\(random.next()) \(random.next())\"}" }
        try folder.write("x.jsonl", lines.joined(separator: "\n"))
        let whole = try readAll(source(["x.jsonl"]))
        try folder.run("gzip", "x.jsonl")
        let packed = try folder.read("x.jsonl.gz")
        for share in [0, 1, 5, 9, 12, 20, 100, packed.count / 2, packed.count - 9, packed.count - 4, packed.count - 1] {
            try folder.write("x.jsonl.gz", packed.prefix(share))
            let items = try readAll(source(["x.jsonl.gz"]))
            let documents = items.dropLast()
            #expect(items.last?.summary.hasSuffix(" !damaged-archive") == true, "\(share) bytes")
            #expect(items.last?.detail != nil)
            #expect(documents.count <= whole.count)
            for (a, b) in zip(documents, whole) { #expect(a.summary.hasSuffix(b.summary.dropFirst("x.jsonl".count))) }
            if share == packed.count / 2 { #expect(documents.count > 8_000) }
        }
    }

    @Test func `a file that is not compressed as its name says is named`() throws {
        try folder.write("x.jsonl.gz", "{\"text\": \"un\"}\n")
        #expect(try readAll(source(["x.jsonl.gz"])).map(\.summary) == ["x.jsonl.gz:1 !damaged-archive"])
        try folder.write("y.jsonl.zst", [UInt8]())
        #expect(try readAll(source(["y.jsonl.zst"])).map(\.summary) == ["y.jsonl.zst:1 !damaged-archive"])
    }

    @Test func `a compressed file without any line is no error`() throws {
        try folder.write("x.jsonl", "")
        #expect(try readAll(source(["x.jsonl"])).isEmpty)
        try folder.run("gzip", "x.jsonl")
        #expect(try readAll(source(["x.jsonl.gz"])).isEmpty)
    }

    @Test func `a bomb is refused by ratio and by size, naming the file, the limit and what to do`() throws {
        try folder.run("sh", "-c", "head -c 20000000 /dev/zero | gzip > bomb.jsonl.gz")
        var error = diagnostic { () throws(Diagnostic) in
            _ = try readAll(source(["bomb.jsonl.gz"]), .with { $0.freeExpansionBytes = 1 << 20 })
        }
        #expect(error?.code == "ingestion.expansion")
        #expect(error?.kind == .badInput)
        #expect(error?.location?.file == folder["bomb.jsonl.gz"])
        #expect(error?.expected == "at most 200 times its compressed size")
        #expect(error?.remedy?.contains("limits.maximum_expansion_ratio") == true)
        error = diagnostic { () throws(Diagnostic) in
            _ = try readAll(
                source(["bomb.jsonl.gz"]),
                .with { ($0.freeExpansionBytes, $0.maximumExpansion, $0.maximumExpandedBytes) = (0, 5_000, 9_000_000) })
        }
        #expect(error?.code == "ingestion.expansion")
        #expect(error?.expected == "at most 9000000 bytes")
        #expect(error?.remedy?.contains("limits.maximum_expanded_bytes") == true)
        // Within the limits it is one line that is too long.
        let items = try readAll(source(["bomb.jsonl.gz"]), .with { $0.maximumDocumentBytes = 1 << 20 })
        #expect(items.map(\.summary) == ["bomb.jsonl.gz:1 !too-long"])
    }

    @Test func `a line of 100 MB is passed over without being held`() throws {
        try folder.write("x.jsonl", "{\"text\": \"un\"}\n")
        try folder.run(
            "sh", "-c",
            "head -c 100000000 /dev/zero | tr '\\0' x >> x.jsonl; printf '\\n{\"text\": \"deux\"}' >> x.jsonl")
        let before = residentBytesMax()
        let items = try readAll(source(["x.jsonl"]), .with { $0.maximumDocumentBytes = 1 << 20 })
        #expect(items.map(\.summary) == ["x.jsonl:1 -: un", "x.jsonl:2 !too-long", "x.jsonl:3 -: deux"])
        #expect(items[1].detail == "100000000 bytes, more than 1048576")
        // Other tests run at the same time; the line alone would be 100 MB.
        #expect(residentBytesMax() - before < 60_000_000)
    }

    @Test func `a million empty documents are counted`() throws {
        try folder.run("sh", "-c", "yes '{\"text\": \"\", \"lang\": \"fr\"}' | head -n 1000000 > x.jsonl")
        let reader = try SourceReader(source(["x.jsonl"]))
        var tally = SkipTally()
        for unit in try reader.plan().units {
            try reader.read(unit) { (item) throws(Diagnostic) in
                if case .skip(let skipped) = item { tally.add(skipped) }
            }
        }
        #expect(tally.count(.empty) == 1_000_000)
        #expect(tally.entries.map(\.examples.count) == [5])
        #expect(tally.entries.first?.examples.last?.place == "x.jsonl:5")
    }

    @Test func `folders give their files in order, and names must differ`() throws {
        try folder.write("in/b.jsonl", "{\"text\": \"b\"}")
        try folder.write("in/a/z.jsonl", "{\"text\": \"z\"}")
        try folder.write("in/notes.txt", "not read")
        try folder.write("c.jsonl", "{\"text\": \"c\"}")
        try folder.write("other/c.jsonl", "{\"text\": \"d\"}")
        let items = try readAll(source(["c.jsonl", "in"]))
        #expect(items.map(\.summary) == ["c.jsonl:1 -: c", "a/z.jsonl:1 -: z", "b.jsonl:1 -: b"])
        var error = diagnostic { () throws(Diagnostic) in _ = try readAll(source(["c.jsonl", "other/c.jsonl"])) }
        #expect(error?.code == "ingestion.same-name")
        error = diagnostic { () throws(Diagnostic) in _ = try readAll(source(["nowhere.jsonl"])) }
        #expect(error?.code == "ingestion.source-missing")
    }

    @Test(arguments: ["x.jsonl", "x.jsonl.gz"])
    func `a file that changes or vanishes after its lines were counted stops the reading`(name: String) throws {
        try folder.write("x.jsonl", "{\"text\": \"un\"}\n{\"text\": \"deux\"}\n")
        if name.hasSuffix(".gz") { try folder.run("gzip", "x.jsonl") }
        let reader = try SourceReader(source([name]))
        let unit = try #require(try reader.plan().units.first)
        try folder.write(name, "{\"text\": \"un\"}\n")
        let error = diagnostic { () throws(Diagnostic) in try reader.read(unit) { (_) throws(Diagnostic) in } }
        #expect(error?.code == "ingestion.source-changed")
        #expect(error?.kind == .failure)
        try FileManager.default.removeItem(atPath: folder[name])
        let gone = diagnostic { () throws(Diagnostic) in try reader.read(unit) { (_) throws(Diagnostic) in } }
        #expect(gone?.code == "ingestion.source-changed" && gone?.kind == .failure)
        #expect(gone?.message.contains("vanished") == true && gone?.location?.file == folder[name])
    }

    @Test(arguments: ["x.jsonl", "x.jsonl.gz"], [true, false])
    func `a file that is written to while it is read stops the reading`(name: String, isCut: Bool) throws {
        // More than is read in one piece, of what does not compress.
        var random = SystemlessRandom(seed: 5)
        let line = { "{\"text\": \"" + (0..<50).map { _ in String(random.next()) }.joined() + "\"}\n" }
        try folder.write("x.jsonl", (0..<800).map { _ in line() }.joined())
        if name.hasSuffix(".gz") { try folder.run("gzip", "x.jsonl") }
        let reader = try SourceReader(source([name]))
        let unit = try #require(try reader.plan().units.first)
        let size = try folder.read(name).count
        try #require(size > 300_000)
        var count = 0
        let error = diagnostic { () throws(Diagnostic) in
            try reader.read(unit) { (_) throws(Diagnostic) in
                count += 1
                if count == 1 { truncate(folder[name], isCut ? size - 50_000 : size + 5) }
            }
        }
        #expect(error?.code == "ingestion.source-changed" && error?.location?.file == folder[name])
        #expect(count > 1)
    }
}

/// The most memory that this process has had resident, in bytes.
private func residentBytesMax() -> Int {
    var usage = rusage()
    return getrusage(__rusage_who_t(RUSAGE_SELF.rawValue), &usage) == 0 ? Int(usage.ru_maxrss) * 1_024 : 0
}
