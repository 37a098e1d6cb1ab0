import Testing

@testable import Deduplication

@Suite struct DocumentIdentityTests {
    @Test(arguments: [
        (DocumentIdentity.text, "a", "a", true), (.text, "a", "a ", false), (.stripped, "\u{3000}a b\n", " a b", true),
        (.stripped, "a b", "a  b", false), (.stripped, "", " \n", true),
        (.whitespaceInsensitive, "if (a) {\n\tb();\n}", "if(a){b();}", true),
        (.whitespaceInsensitive, "ab", "aB", false),
    ])
    func sameDocument(identity: DocumentIdentity, a: String, b: String, equal: Bool) {
        #expect((identity.key(of: Array(a.utf8)) == identity.key(of: Array(b.utf8))) == equal)
    }

    /// Whatever the chunks that the hash is fed with.
    @Test func whiteSpaceAnywhereInLongTexts() {
        let text = (0..<30000).map { "x\($0)" }.joined(separator: " ")
        let other = (0..<30000).map { "x\($0)" }.joined(separator: "\n\t")
        let identity = DocumentIdentity.whitespaceInsensitive
        #expect(identity.key(of: Array(text.utf8)) == identity.key(of: Array(other.utf8)))
        #expect(identity.key(of: Array(text.utf8)) != identity.key(of: Array((other + "y").utf8)))
    }

    /// The first half of SHA-256("abc"), FIPS 180-4.
    @Test func keyIsHalfADigest() {
        let key = DocumentIdentity.text.key(of: Array("abc".utf8))
        #expect(key == DocumentKey(high: 0xBA78_16BF_8F01_CFEA, low: 0x4141_40DE_5DAE_2223))
    }

    @Test(arguments: [
        ("https://Example.org/a/b?x=1#y", "example.org/a/b"), ("http://example.org:8080/a/b", "example.org/a/b"),
        ("example.org/a/b", "example.org/a/b"), ("https://user:secret@example.org/a/b", "example.org/a/b"),
        ("https://example.org", "example.org/"), ("https://example.org?q", "example.org/"),
        ("https://[::1]/x", "[::1]/x"),
        ("https://", nil), ("", nil), ("/only/path", nil), ("https://bücher.example/Ä", "bücher.example/Ä"),
    ])
    func address(_ address: String, expected: String?) {
        #expect(hostAndPath(address) == expected)
        #expect((DocumentIdentity.address.key(of: [], address: address) == nil) == (expected == nil))
    }

    @Test func noAddressNoKey() { #expect(DocumentIdentity.address.key(of: [1]) == nil) }
}

@Suite struct FirstOccurrencesTests {
    @Test func givesTheFirst() {
        var random = Random(seed: 1)
        var expected = [DocumentKey: Int]()
        var first = FirstOccurrences()
        for document in 0..<20000 {
            // Few low halves, so that places collide.
            let key = DocumentKey(high: random.next() % 2000, low: random.next() % 8)
            #expect(first.insert(key, document: document) == expected[key])
            if expected[key] == nil { expected[key] = document }
        }
        #expect(first.count == expected.count)
    }
}
