import Cleaning
import Testing

@Suite struct RewritingTests {
    // Random sequences of letters and marks, and their forms by Python 3.11's unicodedata.
    @Test(arguments: [
        [
            "\u{438}\u{308}\u{AC00}\u{6F}\u{75}\u{304B}\u{301}\u{1161}\u{FF9E}\u{6F}",
            "\u{4E5}\u{AC00}\u{6F}\u{75}\u{304B}\u{301}\u{1161}\u{FF9E}\u{6F}",
            "\u{4E5}\u{AC00}\u{6F}\u{75}\u{304B}\u{301}\u{1161}\u{3099}\u{6F}",
        ],
        [
            "\u{93C}\u{328}\u{65}\u{300}\u{9BE}\u{9C7}\u{75}\u{1EA1}\u{300}\u{3099}",
            "\u{93C}\u{328}\u{E8}\u{9BE}\u{9C7}\u{75}\u{1EA1}\u{3099}\u{300}",
            "\u{93C}\u{328}\u{E8}\u{9BE}\u{9C7}\u{75}\u{1EA1}\u{3099}\u{300}",
        ],
        [
            "\u{9BE}\u{6F}\u{FF76}\u{302}\u{345}\u{FF9E}\u{6F}\u{FF76}\u{FF9E}\u{AC00}",
            "\u{9BE}\u{6F}\u{FF76}\u{302}\u{345}\u{FF9E}\u{6F}\u{FF76}\u{FF9E}\u{AC00}",
            "\u{9BE}\u{6F}\u{30AC}\u{302}\u{345}\u{6F}\u{30AC}\u{AC00}",
        ],
        [
            "\u{6F}\u{345}\u{65}\u{3099}\u{304}\u{313}\u{9C7}\u{308}\u{304B}\u{302}",
            "\u{6F}\u{345}\u{113}\u{3099}\u{313}\u{9C7}\u{308}\u{304B}\u{302}",
            "\u{6F}\u{345}\u{113}\u{3099}\u{313}\u{9C7}\u{308}\u{304B}\u{302}",
        ],
        [
            "\u{FF76}\u{1F00}\u{3099}\u{323}\u{301}\u{FF9E}\u{FF76}\u{327}\u{1161}\u{301}",
            "\u{FF76}\u{1F04}\u{3099}\u{323}\u{FF9E}\u{FF76}\u{327}\u{1161}\u{301}",
            "\u{30AB}\u{1F04}\u{3099}\u{3099}\u{323}\u{30AB}\u{327}\u{1161}\u{301}",
        ],
        [
            "\u{3099}\u{75}\u{FF76}\u{6F}\u{FB01}\u{328}\u{915}\u{304B}\u{9BE}\u{438}",
            "\u{3099}\u{75}\u{FF76}\u{6F}\u{FB01}\u{328}\u{915}\u{304B}\u{9BE}\u{438}",
            "\u{3099}\u{75}\u{30AB}\u{6F}\u{66}\u{12F}\u{915}\u{304B}\u{9BE}\u{438}",
        ],
        [
            "\u{5B0}\u{FF9E}\u{5B0}\u{1161}\u{1F00}\u{1EA1}\u{323}\u{1EA1}\u{300}\u{FF76}",
            "\u{5B0}\u{FF9E}\u{5B0}\u{1161}\u{1F00}\u{1EA1}\u{323}\u{1EA1}\u{300}\u{FF76}",
            "\u{3099}\u{5B0}\u{5B0}\u{1161}\u{1F00}\u{1EA1}\u{323}\u{1EA1}\u{300}\u{30AB}",
        ],
        [
            "\u{1F00}\u{3042}\u{915}\u{306}\u{5D0}\u{313}\u{212B}\u{75}\u{302}\u{93C}",
            "\u{1F00}\u{3042}\u{915}\u{306}\u{5D0}\u{313}\u{C5}\u{FB}\u{93C}",
            "\u{1F00}\u{3042}\u{915}\u{306}\u{5D0}\u{313}\u{C5}\u{FB}\u{93C}",
        ],
        [
            "\u{9C7}\u{30A}\u{306}\u{308}\u{915}\u{9C7}\u{65}\u{75}\u{3099}\u{FF76}",
            "\u{9C7}\u{30A}\u{306}\u{308}\u{915}\u{9C7}\u{65}\u{75}\u{3099}\u{FF76}",
            "\u{9C7}\u{30A}\u{306}\u{308}\u{915}\u{9C7}\u{65}\u{75}\u{3099}\u{30AB}",
        ],
        [
            "\u{438}\u{306}\u{1100}\u{212B}\u{915}\u{FF9E}\u{5B0}\u{75}\u{300}\u{3B1}",
            "\u{439}\u{1100}\u{C5}\u{915}\u{FF9E}\u{5B0}\u{F9}\u{3B1}",
            "\u{439}\u{1100}\u{C5}\u{915}\u{3099}\u{5B0}\u{F9}\u{3B1}",
        ],
        [
            "\u{5BC}\u{75}\u{6F}\u{1F00}\u{FF76}\u{5D0}\u{313}\u{11A8}\u{1100}\u{61}",
            "\u{5BC}\u{75}\u{6F}\u{1F00}\u{FF76}\u{5D0}\u{313}\u{11A8}\u{1100}\u{61}",
            "\u{5BC}\u{75}\u{6F}\u{1F00}\u{30AB}\u{5D0}\u{313}\u{11A8}\u{1100}\u{61}",
        ],
        [
            "\u{5B0}\u{1100}\u{30A}\u{FB01}\u{302}\u{915}\u{6F}\u{328}\u{313}\u{304}",
            "\u{5B0}\u{1100}\u{30A}\u{FB01}\u{302}\u{915}\u{1EB}\u{313}\u{304}",
            "\u{5B0}\u{1100}\u{30A}\u{66}\u{EE}\u{915}\u{1EB}\u{313}\u{304}",
        ],
        [
            "\u{1EA1}\u{AC00}\u{AC00}\u{915}\u{300}\u{30A}\u{5D0}\u{AC00}\u{3099}\u{3B1}",
            "\u{1EA1}\u{AC00}\u{AC00}\u{915}\u{300}\u{30A}\u{5D0}\u{AC00}\u{3099}\u{3B1}",
            "\u{1EA1}\u{AC00}\u{AC00}\u{915}\u{300}\u{30A}\u{5D0}\u{AC00}\u{3099}\u{3B1}",
        ],
        [
            "\u{304}\u{9BE}\u{3099}\u{3B1}\u{9C7}\u{1100}\u{11A8}\u{345}\u{308}\u{300}",
            "\u{304}\u{9BE}\u{3099}\u{3B1}\u{9C7}\u{1100}\u{11A8}\u{308}\u{300}\u{345}",
            "\u{304}\u{9BE}\u{3099}\u{3B1}\u{9C7}\u{1100}\u{11A8}\u{308}\u{300}\u{345}",
        ],
        [
            "\u{323}\u{308}\u{345}\u{345}\u{41}\u{915}\u{FF9E}\u{323}\u{E4}\u{313}",
            "\u{323}\u{308}\u{345}\u{345}\u{41}\u{915}\u{FF9E}\u{323}\u{E4}\u{313}",
            "\u{323}\u{308}\u{345}\u{345}\u{41}\u{915}\u{3099}\u{323}\u{E4}\u{313}",
        ],
        [
            "\u{41}\u{308}\u{9C7}\u{304B}\u{1161}\u{FB01}\u{FF76}\u{438}\u{304}\u{93C}",
            "\u{C4}\u{9C7}\u{304B}\u{1161}\u{FB01}\u{FF76}\u{4E3}\u{93C}",
            "\u{C4}\u{9C7}\u{304B}\u{1161}\u{66}\u{69}\u{30AB}\u{4E3}\u{93C}",
        ],
    ])
    func `Both forms agree with another implementation`(_ forms: [String]) {
        let scalars = { (text: String) in text.unicodeScalars.map(\.value) }
        #expect(scalars(apply(UnicodeNormalisation(form: .nfc), forms[0]).text) == scalars(forms[1]))
        #expect(scalars(apply(UnicodeNormalisation(form: .nfkc), forms[0]).text) == scalars(forms[2]))
        #expect(apply(UnicodeNormalisation(form: .nfc), forms[1]).outcome == .kept(measure: nil))
        #expect(apply(UnicodeNormalisation(form: .nfkc), forms[2]).outcome == .kept(measure: nil))
    }

    // Expected forms: Python 3.11's unicodedata.normalize.
    @Test(arguments: [
        ("e\u{301}", "\u{E9}"), ("\u{E9}", "\u{E9}"), ("\u{212B}", "\u{C5}"), ("\u{1100}\u{1161}\u{11A8}", "\u{AC01}"),
        ("\u{AC00}\u{11A8}", "\u{AC01}"), ("a\u{315}\u{300}", "\u{E0}\u{315}"), ("\u{BC6}\u{BBE}", "\u{BCA}"),
        ("\u{9C7}\u{9BE}", "\u{9CB}"), ("\u{BA4}\u{BBE}", "\u{BA4}\u{BBE}"), ("\u{958}", "\u{915}\u{93C}"),
        ("u\u{308}\u{304}", "\u{1D6}"), ("\u{FB01}", "\u{FB01}"), ("\u{2F800}", "\u{4E3D}"),
        ("e\u{327}\u{301}", "\u{229}\u{301}"),
    ])
    func `NFC composes what can be composed`(_ text: String, _ expected: String) {
        let (outcome, found) = apply(UnicodeNormalisation(form: .nfc), text)
        #expect(Array(found.unicodeScalars) == Array(expected.unicodeScalars))
        let isSame = Array(text.unicodeScalars) == Array(expected.unicodeScalars)
        #expect(outcome == (isSame ? .kept(measure: nil) : .changed(detail: "NFC")))
    }

    @Test(arguments: [("\u{FB01}", "fi"), ("ｶﾞ", "ガ"), ("２", "2"), ("\u{1D400}", "A"), ("x²", "x2"), ("é", "é")])
    func `NFKC also makes compatibility characters plain`(_ text: String, _ expected: String) {
        let found = apply(UnicodeNormalisation(form: .nfkc), text).text
        #expect(Array(found.unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test(arguments: [
        ("\u{FEFF}a\u{A0}b", "a b"), ("a\u{200B}b\u{AD}c", "abc"), ("a\u{2028}b\u{85}c", "a\nb\nc"),
        ("\u{1}a\u{7F}", "a"),
        ("a\tb\r\nc", "a\tb\r\nc"), ("\u{3000}x\u{2003}y", " x y"), ("می\u{200C}خواهم", "می\u{200C}خواهم"),
        ("👩\u{200D}💻", "👩\u{200D}💻"), ("a\u{202B}b", "a\u{202B}b"),
    ])
    func `Control characters go and spaces become plain`(_ text: String, _ expected: String) {
        let found = apply(UnicodeNormalisation(form: .none), text).text
        #expect(Array(found.unicodeScalars) == Array(expected.unicodeScalars))
    }

    @Test(arguments: [
        ("  a  b\t\tc  ", "a b c"), ("a \r\n b", "a\nb"), ("a\n\n\n\nb", "a\n\nb"), ("a\r\rb", "a\n\nb"),
        ("a\u{3000}b", "a b"),
        ("\n\n", ""), ("a\nb\n\nc", "a\nb\n\nc"), ("", ""), ("x \n \n y", "x\n\ny"), ("a\n", "a"),
    ])
    func `White space is evened out, and lines stay lines`(_ text: String, _ expected: String) {
        let (outcome, found) = apply(WhitespaceNormalisation(), text)
        #expect(found == expected)
        if case .changed = outcome { #expect(text != expected) } else { #expect(text == expected) }
        #expect(apply(WhitespaceNormalisation(), found).outcome == .kept(measure: nil))
    }

    @Test(arguments: [
        ("see http://a.b now", "see now"), ("visit www.x.org", "visit"), ("mail.com first", "first"),
        ("a href=x b", "a b"),
        ("a // b", "a // b"), ("x//y", ""), ("line one\nhttp://a\nline two", "line one\nline two"),
        ("no links here", "no links here"),
        ("(https://a)", ""), ("Come on", "Come on"), ("a  b http c", "a  b c"), ("http a", "a"),
    ])
    func `Words of links are taken out`(_ text: String, _ expected: String) {
        #expect(apply(LinkWordRemoval(), text).text == expected)
    }

    @Test(arguments: [
        ("ab abcdefgh c", "ab c"), ("abcde", "abcde"), ("abcdef", ""), ("«abcde»", "«abcde»"), ("«abcdef»", ""),
        ("ééééé", "ééééé"),
        ("éééééé", ""), ("!!!!!!", ""), ("a\nabcdefg\nb", "a\nb"),
    ])
    func `Words of more characters than the limit are taken out`(_ text: String, _ expected: String) {
        #expect(apply(LongWordRemoval(charactersMax: 5), text).text == expected)
    }
}
