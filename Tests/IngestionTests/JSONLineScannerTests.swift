import Foundation
import Testing

@testable import Ingestion

@Suite struct JSONLineScannerTests {
    private let scanner = JSONLineScanner(keys: ["text", "lang"])

    private func scan(_ line: [UInt8]) throws(JSONLineScanner.Problem) -> [JSONLineScanner.Value] {
        // An exact copy on the heap, so that a read past the end is one of foreign memory.
        let copy = UnsafeMutableRawBufferPointer.allocate(byteCount: line.count, alignment: 1)
        defer { copy.deallocate() }
        copy.copyBytes(from: line)
        return try scanner.scan(UnsafeRawBufferPointer(copy))
    }

    private func text(_ line: String) throws -> String? {
        guard case .text(let bytes) = try scan(Array(line.utf8))[0] else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test func `texts are decoded as RFC 8259 says`() throws {
        #expect(try text(#"{"text": "\"\\\/\b\f\n\r\t"}"#) == "\"\\/\u{8}\u{C}\n\r\t")
        #expect(try text(#"{"text": "\u00e9\u6e29\u0041\uD83C\uDF31é"}"#) == "é温A🌱é")
        #expect(try text(#"{"\u0074ext": "a key with an escape"}"#) == "a key with an escape")
        #expect(try text(#"{"text": "first", "text": "last"}"#) == "last")
        #expect(try text(#"{"lang": {"text": "deeper"}}"#) == nil)
        for count in 0..<40 {
            let long = String(repeating: "a", count: count)
            #expect(try text("{\"text\": \"\(long)\"}") == long)
            #expect(try text("{\"text\": \"\(long)\\n\(long)\"}") == "\(long)\n\(long)")
        }
    }

    @Test func `nesting is bounded`() throws {
        func nested(_ depth: Int) -> [UInt8] {
            Array(
                ("{\"a\": " + String(repeating: "[", count: depth) + String(repeating: "]", count: depth) + "}").utf8)
        }
        #expect(try scan(nested(512)) == [.absent, .absent])
        #expect(throws: JSONLineScanner.Problem.self) { try scan(nested(513)) }
        #expect(throws: JSONLineScanner.Problem.self) { try scan(Array(repeating: 91, count: 1_000_000)) }
    }

    /// Foundation's parser is the judge: lines that it takes are taken with the same values, others are not.
    ///
    /// It also takes a comma before a closing bracket, which the standard does not: such lines are left out.
    @Test func `mutated lines are taken or refused as Foundation does`() throws {
        let seeds = [
            #"{"text": "un\u00e9 \"mot\" 温室", "lang": "fr", "n": [1, -0.5e+3, true, null, {"x": "\/"}]}"#,
            #" { "lang":"de" , "a":{}, "b":[ ] ,"text":"\u00b7\u6e29" } "#, #"{"text":false,"lang":0}"#, "{}", "[1,2]",
            #""text""#, "-12.5E-1",
        ]
        let alphabet = Array("{}[]:,\"\\/0123456789.eE+-untrfalse dc8 \t\u{1}é".utf8)
        var random = SystemlessRandom(seed: 11)
        var taken = 0
        for round in 0..<20_000 {
            var line = Array(seeds[round % seeds.count].utf8)
            for _ in 0..<Int.random(in: 0...2, using: &random) {
                let place = Int.random(in: 0...line.count, using: &random)
                let byte = alphabet.randomElement(using: &random) ?? 0
                switch Int.random(in: 0..<3, using: &random) {
                case 0: line.insert(byte, at: place)
                case 1: if place < line.count { line[place] = byte }
                default: if place < line.count { line.remove(at: place) }
                }
            }
            guard let string = String(validating: line, as: UTF8.self), !string.contains(/,\s*[\]}]/) else { continue }
            let judged = try? JSONSerialization.jsonObject(with: Data(line), options: .fragmentsAllowed)
            do throws(JSONLineScanner.Problem) {
                let values = try scan(line)
                guard let object = judged as? [String: Any] else {
                    Issue.record("taken, but not by Foundation: \(string)")
                    continue
                }
                if !values.contains(where: { isText($0) != nil }) { continue }
                for (key, value) in zip(["text", "lang"], values) where isText(value) != nil {
                    #expect(isText(value) == object[key] as? String, "\(string)")
                }
                taken += 1
            } catch {
                switch error {
                case .notJSON: #expect(judged == nil, "\(string): \(error)")
                case .notAnObject: #expect(!(judged is [String: Any]))
                case .loneSurrogate: #expect(judged == nil, "\(string): \(error)")
                }
            }
        }
        #expect(taken > 2_000)
    }

    private func isText(_ value: JSONLineScanner.Value) -> String? {
        guard case .text(let bytes) = value else { return nil }
        return String(decoding: bytes, as: UTF8.self)
    }
}

@Suite struct UTF8CheckTests {
    private func offset(_ bytes: [UInt8]) -> Int? { bytes.withUnsafeBytes { firstInvalidUTF8Offset($0) } }

    @Test func `every sequence of up to three bytes is judged as the standard library does`() {
        // Leads, continuations and their neighbours: where the rules change.
        let edges: [UInt8] = [
            0x41, 0x7F, 0x80, 0x8F, 0x90, 0x9F, 0xA0, 0xBF, 0xC1, 0xC2, 0xDF, 0xE0, 0xE1, 0xED, 0xEF, 0xF0, 0xF4, 0xF5,
        ]
        var wrong = 0
        for a in edges {
            for b in edges {
                for c in edges {
                    for d in edges {
                        for bytes in [[a, b, c, d], [a, b, c]] {
                            let valid = String(validating: bytes, as: UTF8.self) != nil
                            if (offset(bytes) == nil) != valid { wrong += 1 }
                        }
                    }
                }
            }
        }
        #expect(wrong == 0)
    }

    @Test func `the offset is that of the first sequence that is not valid`() {
        let good = Array("une serre, 温室, теплица 🌱 ".utf8)
        for place in 0...20 {
            let padding = [UInt8](repeating: 97, count: place)
            #expect(offset(padding + good) == nil)
            #expect(offset(padding + good + [0xE6, 0xB8]) == place + good.count)
            #expect(offset(padding + good + [0xFF] + good) == place + good.count)
            #expect(offset(padding + good + [0xF0, 0x9F, 0x8C] + good) == place + good.count)
        }
    }
}
