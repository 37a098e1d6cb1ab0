import Testing

@testable import Cleaning

@Suite struct RedactionTests {
    private static func redacted(_ text: String, _ kinds: [PersonalDataKind] = PersonalDataKind.standard) -> String {
        var bytes = Array(text.utf8)
        Redaction(kinds).apply(to: &bytes)
        return String(decoding: bytes, as: UTF8.self)
    }

    @Test(arguments: [
        ("Ask alice@example.com.", "Ask PI:EMAIL."), ("<bob.b+news@mail.example.co.uk>", "<PI:EMAIL>"),
        ("mailto:a_b%c@x-y.org?subject=x", "mailto:PI:EMAIL?subject=x"), ("'o'brien@example.ie'", "'PI:EMAIL'"),
        ("联系alice@example.com谢谢", "联系PI:EMAIL谢谢"), ("josé.garcía@example.es", "PI:EMAIL"),
        ("a@b.de,c@d.fr;e@f.xn--p1ai", "PI:EMAIL,PI:EMAIL;PI:EMAIL"), ("@dana@social.example", "PI:EMAIL"),
        ("git@example.com:project.git", "PI:EMAIL:project.git"), ("x@example.com-", "PI:EMAIL-"),
        ("…@x@y.zz", "…PI:EMAIL"),
    ])
    func emails(text: String, expected: String) { #expect(Self.redacted(text) == expected) }

    @Test(arguments: [
        "icon@2x.png", "a@localhost", "foo.@example.com", "a @ b.com", "a@b", "a@b.c", "a@b.c1", "@", "a@", "x@-a.com",
        "array@index_1.value_2", "5@3.14",
    ])
    func notEmails(text: String) { #expect(Self.redacted(text, [.email]) == text) }

    @Test(arguments: [
        ("thanks @alice_99!", "thanks PI:USER!"), ("(@Bob.Builder)", "(PI:USER)"), ("@carla", "PI:USER"),
        ("via @josé, danke", "via PI:USER, danke"), ("谢谢@小明 @xiaoming你好", "谢谢@小明 PI:USER你好"),
        ("RT @dan: hi", "RT PI:USER: hi"),
        ("\"@eve\"", "\"PI:USER\""), ("hello,@frank.", "hello,PI:USER."),
    ])
    func users(text: String, expected: String) { #expect(Self.redacted(text) == expected) }

    @Test(arguments: [
        "@param name", "@media print", "@Override", "@app.route('/')", "@article{knuth,", "npm i @scope/name", "@ab",
        "foo@bar", "a/@here", "@123456", "@@@", "\\@alice", "x=@alice", "[@file]", "*@work", "@47.820s", "@._-",
        "@" + String(repeating: "x", count: 31),
    ])
    func notUsers(text: String) { #expect(Self.redacted(text) == text) }

    @Test(arguments: [
        ("from 81.2.69.142", "from PI:IP_ADDRESS"), ("http://81.2.69.142:8080/x", "http://PI:IP_ADDRESS:8080/x"),
        ("81.2.69.0/24,81.2.69.9", "PI:IP_ADDRESS/24,PI:IP_ADDRESS"),
        ("81.2.69.1-81.2.69.9", "PI:IP_ADDRESS-PI:IP_ADDRESS"),
        ("[2a00:1450:4001:82f::200e]:443", "[PI:IP_ADDRESS]:443"), ("2a00::1", "PI:IP_ADDRESS"),
        ("2a02:8109:9ac0:1b00:d5f4:1c3:77b2:9e01.", "PI:IP_ADDRESS."), ("::ffff:81.2.69.142", "PI:IP_ADDRESS"),
        ("64:ff9b::81.2.69.142", "PI:IP_ADDRESS"), ("2A00:1450:4001::/48", "PI:IP_ADDRESS/48"),
        ("地址81.2.69.142。", "地址PI:IP_ADDRESS。"), ("root@81.2.69.142", "root@PI:IP_ADDRESS"),
    ])
    func addresses(text: String, expected: String) { #expect(Self.redacted(text) == expected) }

    @Test(arguments: [
        // Nobody's in particular.
        "127.0.0.1", "10.1.2.3", "192.168.0.17", "172.16.0.1", "172.31.9.9", "169.254.10.10", "0.0.0.0",
        "255.255.255.0", "224.0.0.251", "192.0.2.55", "198.51.100.77", "203.0.113.99", "::1", "::", "fe80::1a2b:3c4d",
        "fd00:1234::1", "ff02::1:3", "2001:db8::8a2e:370:7334",
        // Versions and sections.
        "version 12.10.3.44", "Version: 12.10.3.44", "release=12.10.3.44", "v12.10.3.44", "v. 1.2.3.4",
        "curl/12.10.3.44",
        "glibc-12.10.3.44", "12.10.3.44-beta", "12.10.3.44+dfsg", "see 1.2.3.4", "12.10.3.44.5", "section 10.11.12.13",
        // Neither.
        "256.1.1.1", "81.2.69", "81.2.69.0142", "1.2.3.4.5", "std::vector", "a::b", "dead::beef", "10:20:30",
        "00:1a:2b:3c:4d:5e",
        "1:2:3:4:5:6:7:8:9", "1::2::3", "12345::1:2:3", "::g1", "x81.2.69.142", "81.2.69.142x", "face::b00c::1",
        "Foo::Bar::Baz1", "2024-01-01T10:20:30",
    ])
    func notAddresses(text: String) { #expect(Self.redacted(text) == text) }

    @Test(arguments: [
        ("key = 'AKIAIOSFODNN7EXAMPLE'", "key = 'PI:KEY'"), ("ghp_16C7e42F292c6912E7710c838347Ae178B4a", "PI:KEY"),
        ("password=wJalrXUtnFEMI/K7MDENG/bPxRfiCY3XAMPLE9KEY1", "password=PI:KEY"),
        ("d41d8cd98f00b204e9800998ecf8427e", "PI:KEY"), ("id 3f2b8c1e-7d4a-4e9b-9c3f-1a2b3c4d5e6f.", "id PI:KEY."),
        ("/files/9aF3kL0pQ7zX2bV8nM4c/page", "/files/PI:KEY/page"), ("c2VjcmV0IGtleSBvZiBhbGljZSAxMjM0NQ==", "PI:KEY"),
        ("eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIn0", "PI:KEY.PI:KEY"),
    ])
    func keys(text: String, expected: String) { #expect(Self.redacted(text) == expected) }

    @Test(arguments: [
        "Donaudampfschifffahrtsgesellschaft", "MyVeryLongClassNameForHTTP2Handler",
        "how-to-build-a-2021-house-in-10-days",
        "12345678901234567890123", "iso-8859-15-utf-8-x86_64-linux", "usr/share/doc/libstdc6-4-7-dev/examples",
        "a1a1a1a1a1a1a1a1a1a1a1a1", "--------------------1a", "AKIAIOSFODNN7EXAMP",
        "sizeof_uint32_t_array_at_4096_bytes",
        "2024-01-01T00-00-00Z-to-2024-12-31", "ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789", "aaaaaaaaaaaaaaaaaaaaaaaaa1111",
    ])
    func notKeys(text: String) { #expect(Self.redacted(text) == text) }

    @Test(arguments: [
        ("passport C01X00T478", "passport PI:ID"), ("acct 1234-5678-9012", "acct PI:ID"),
        ("on 2024-05-17", "on 2024-05-17"),
        ("20240517", "20240517"), ("1998-2004", "1998-2004"), ("abc-123", "abc-123"), ("99999999", "PI:ID"),
    ])
    func identifiers(text: String, expected: String) { #expect(Self.redacted(text, [.identifier]) == expected) }

    @Test(arguments: [
        ("call +49 30 1234567.", "call PI:NUMBER."), ("(030) 123-4567 ext", "PI:NUMBER ext"),
        ("06 12 34 56 78", "PI:NUMBER"),
        ("17.05.2024", "17.05.2024"), ("2024-05-17 10", "2024-05-17 10"), ("12345678", "12345678"), ("1 2 3", "1 2 3"),
        ("0123456789", "PI:NUMBER"), ("x06 12 34 56 78", "x06 12 34 56 78"),
        ("1234567890123456789", "1234567890123456789"),
    ])
    func numbers(text: String, expected: String) { #expect(Self.redacted(text, [.number]) == expected) }

    @Test func offUnlessAskedFor() {
        let text = "passport C01X00T478, call +49 30 1234567"
        #expect(Self.redacted(text) == text)
        #expect(Self.redacted(text, PersonalDataKind.allCases) == "passport PI:ID, call PI:NUMBER")
        #expect(Self.redacted("a@b.com 81.2.69.142 @alice", [.address]) == "a@b.com PI:IP_ADDRESS @alice")
    }

    @Test func countsKinds() {
        var text = Array("a@b.com, c@d.com and 81.2.69.142".utf8)
        #expect(Redaction().apply(to: &text) == .changed(detail: "EMAIL 2, IP_ADDRESS 1"))
        #expect(Redaction().apply(to: &text) == .kept(measure: nil))
        #expect(Redaction().name == "redaction")
    }

    /// A replacement stays, and what touches one is nobody's.
    @Test(arguments: ["PI:EMAIL", "PI:EMAIL@example.com", "API:KEY=x", "PI:USERPI:KEY", "x81.2.69.142PI:IP_ADDRESS"])
    func replacementsStay(text: String) { #expect(Self.redacted(text) == text) }
}

/// Texts made of pieces that matches are made of, cut and joined at random.
@Suite struct RedactionFuzzTests {
    private struct Random {
        var state: UInt64

        mutating func below(_ bound: Int) -> Int {
            // SplitMix64 (Steele, Lea, Flood 2014).
            state &+= 0x9E37_79B9_7F4A_7C15
            var x = state
            x = (x ^ x >> 30) &* 0xBF58_476D_1CE4_E5B9
            x = (x ^ x >> 27) &* 0x94D0_49BB_1331_11EB
            return Int((x ^ x >> 31) % UInt64(bound))
        }
    }

    private static let pieces: [[UInt8]] = [
        "alice", "@", ".", "com", "example.org", "81.2.69.142", "2a00:1450::1", "::", ":", "-", "_", "/", "+", "=", " ",
        "\n",
        "PI:KEY", "PI:EMAIL", "PI:", "IP_ADDRESS", "9aF3kL0pQ7zX2bV8nM4c", "AKIAIOSFODNN7EXAMPLE", "AKIA", "version",
        "release",
        "v", "é", "ö@", "日本", "𠀀", "\u{3000}", "+49 30 1234567", "(030)", "2024-05-17", "1234", "99", "0", "'", "\"",
        "(", "{",
        "@bob", "a@b.de", "xn--p1ai", "@2x.png", "d41d8cd98f00b204", "ß", "\u{0}", "%", "~", ",", "x1", "Z9y8",
    ].map { Array($0.utf8) }

    private static func text(_ random: inout Random) -> [UInt8] {
        var text = [UInt8]()
        for _ in 0..<1 + random.below(14) { text += pieces[random.below(pieces.count)] }
        return text
    }

    private static func isUTF8(_ bytes: [UInt8]) -> Bool { String(validating: bytes, as: UTF8.self) != nil }

    @Test(arguments: [
        PersonalDataKind.standard, PersonalDataKind.allCases, [.key], [.email], [.user], [.address], [.number],
    ])
    func twiceIsOnceAndTextStaysText(kinds: [PersonalDataKind]) {
        var random = Random(state: UInt64(kinds.count))
        let redaction = Redaction(kinds)
        for _ in 0..<10_000 {
            let text = Self.text(&random)
            var once = text
            let first = redaction.redact(&once)
            #expect(Self.isUTF8(once))
            var twice = once
            let second = redaction.redact(&twice)
            if once != twice || !second.isEmpty {
                Issue.record(
                    "\(String(decoding: text, as: UTF8.self).debugDescription) → \(String(decoding: once, as: UTF8.self).debugDescription) → \(String(decoding: twice, as: UTF8.self).debugDescription)"
                )
                return
            }
            #expect(first.isEmpty == (once == text))
        }
    }

    /// Bytes changed, removed and doubled: no crash, and nothing but what was matched is gone.
    @Test func survivesAnyBytes() {
        var random = Random(state: 77)
        let redaction = Redaction(PersonalDataKind.allCases)
        for _ in 0..<10_000 {
            var text = Self.text(&random)
            for _ in 0..<1 + random.below(4) where !text.isEmpty {
                let place = random.below(text.count)
                switch random.below(3) {
                case 0: text[place] = UInt8(random.below(256))
                case 1: text.remove(at: place)
                default: text.insert(text[place], at: random.below(text.count + 1))
                }
            }
            var redacted = text
            let counts = redaction.redact(&redacted)
            #expect(counts.isEmpty == (redacted == text))
        }
    }
}
