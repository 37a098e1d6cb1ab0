import Diagnostics
import Testing

@testable import TypedYAML

@Suite("Typed reading") struct YAMLReaderTests {
    enum Key: String, CaseIterable {
        case x
        case bandwidth = "bandwidth_gigabytes_per_second"
        case warmup = "warmup_samples"
    }
    enum Color: String, CaseIterable { case red, green, darkBlue = "dark-blue" }

    private func value(_ text: String) throws -> YAMLValue {
        try YAMLDocument(parsing: "x: \(text)\n", subject: "recipe", file: "r.yaml").value.section(Key.self)
            .required(.x)
    }

    private func refusal<Result>(_ text: String, _ read: (YAMLValue) throws -> Result) throws -> Diagnostic {
        let value = try value(text)
        let error = try #require(#expect(throws: Diagnostic.self) { try read(value) })
        #expect(error.location == .init(file: "r.yaml", line: 1, key: "x"))
        #expect(error.kind == .badInput)
        return error
    }

    @Test("Whole numbers", arguments: [("0", 0), ("-3", -3), ("183_105", 183105), ("9223372036854775807", Int.max)])
    func integers(text: String, expected: Int) throws {
        #expect(try value(text).integer(in: Int.min...Int.max) == expected)
    }

    @Test("Seeds use all 64 bits")
    func unsigned() throws {
        #expect(try value("18446744073709551615").unsigned() == .max)
        #expect(try refusal("18446744073709551616") { try $0.unsigned() }.code == "recipe.out-of-range")
        #expect(try refusal("-1") { try $0.unsigned() }.code == "recipe.out-of-range")
    }

    @Test(
        "What is no whole number is refused",
        arguments: [
            "1.0", "1e3", "0x10", "010", "1__0", "_1", "1_", "true", "\"5\"", "[5]", "{a: 5}", "five", "+5", "٣",
        ])
    func notIntegers(text: String) throws {
        let error = try refusal(text) { try $0.integer(in: 0...10) }
        #expect(error.code == "recipe.wrong-type")
        #expect(error.expected == "a whole number from 0 to 10")
    }

    @Test("Whole numbers out of range are refused with the range")
    func integerRange() throws {
        let error = try refusal("11") { try $0.integer(in: 0...10) }
        #expect(error.code == "recipe.out-of-range")
        #expect(
            error.description
                == "r.yaml:1: x: the value is out of range: expected a whole number from 0 to 10, found 11")
        #expect(try refusal("0") { try $0.integer(in: 1...) }.expected == "a whole number of at least 1")
        #expect(try refusal("99999999999999999999") { try $0.integer(in: 1...) }.code == "recipe.out-of-range")
    }

    @Test(
        "Decimal numbers",
        arguments: [("3e-4", 3e-4), ("0.0048", 0.0048), ("-1.5E+2", -150), ("12", 12), ("1_000.5", 1000.5)])
    func numbers(text: String, expected: Double) throws {
        #expect(try value(text).number(.between(-1000, 2000)) == expected)
    }

    @Test(
        "What is no decimal number is refused",
        arguments: [".inf", "nan", ".5", "5.", "1e", "1e999", "0x1p3", "infinity", "--1", "1,5", "\"0.5\""])
    func notNumbers(text: String) throws {
        #expect(try refusal(text) { try $0.number(.positive) }.code == "recipe.wrong-type")
    }

    @Test(
        "Bounds are enforced and named",
        arguments: [
            ("0", NumberBounds.positive), ("-1", .nonNegative), ("1.01", .share), ("0", .share), ("1", .belowOne),
            ("-0.1", .belowOne), ("4", .between(1, 3)),
        ])
    func bounds(text: String, bounds: NumberBounds) throws {
        let error = try refusal(text) { try $0.number(bounds) }
        #expect(error.code == "recipe.out-of-range")
        #expect(error.expected == bounds.described)
    }

    @Test(
        "A number with a unit is refused as such", arguments: ["300 GB/s", "300GB/s", "300 %", "5 µs", "1e3 samples"])
    func unitInValue(text: String) throws {
        let error = try refusal(text) { try $0.number(.positive) }
        #expect(error.code == "recipe.wrong-unit")
        #expect(error.found == text)
        #expect(error.expected == "a number greater than 0, without unit")
    }

    @Test(
        "Numbers written for people come with the way to write them",
        arguments: [
            ("\"200000000\"", "remove the quotes"),
            ("200,000,000", "write it without separators, or with underscores: 200000000"),
            ("200 000 000", "write it without separators, or with underscores: 200000000"),
            ("2e8", "write it with digits only"),
        ])
    func separators(text: String, remedy: String) throws {
        #expect(try refusal(text) { try $0.integer(in: 1...) }.remedy == remedy)
    }

    @Test("Text is one line of something")
    func text() throws {
        #expect(try value("\"a b\"").text() == "a b")
        #expect(try value("'5'").text() == "5")
        #expect(try value("folds\n  into one line").text() == "folds into one line")
        for bad in ["\"\"", "\"a\\nb\"", "[a]", "{a: b}"] {
            #expect(try refusal(bad) { try $0.text() }.code == "recipe.wrong-type")
        }
    }

    @Test("What a message shows of the file is short and harmless to a terminal")
    func shownText() throws {
        let error = try refusal("\"a\\e[31m\\nb" + String(repeating: "x", count: 100) + "\"") {
            try $0.choice(Color.self)
        }
        #expect(error.found == "\"a�[31m�b" + String(repeating: "x", count: 52) + "…\"")
    }

    @Test("One of several words, with a suggestion")
    func choice() throws {
        #expect(try value("dark-blue").choice(Color.self) == .darkBlue)
        let error = try refusal("gren") { try $0.choice(Color.self) }
        #expect(error.code == "recipe.unknown-value")
        #expect(error.expected == "one of red, green, dark-blue")
        #expect(error.remedy == "did you mean green?")
        #expect(try refusal("[red]") { try $0.choice(Color.self) }.code == "recipe.wrong-type")
    }

    @Test(
        "A missing key names its section's place; null counts as missing",
        arguments: ["y_: 1\nx: 1", "warmup_samples: ~"])
    func missing(text: String) throws {
        enum Small: String, CaseIterable { case x, y = "y_", warmup = "warmup_samples", z }
        let document = try YAMLDocument(parsing: text, subject: "recipe", file: "r.yaml")
        let reader = try document.value.section(Small.self)
        let error = #expect(throws: Diagnostic.self) { try reader.required(.z) }
        #expect(error?.code == "recipe.missing-key")
        #expect(error?.location == .init(file: "r.yaml", line: 1, key: "z"))
        #expect(reader.optional(.warmup) == nil)
    }

    @Test(
        "Unknown keys are refused with the key that was meant",
        arguments: [
            ("bandwidth_gb_per_second", "did you mean bandwidth_gigabytes_per_second?"),
            ("warmup_steps", "did you mean warmup_samples?"), ("warmup", "did you mean warmup_samples?"),
            ("color", nil),
        ])
    func unknownKey(key: String, remedy: String?) throws {
        let document = try YAMLDocument(parsing: "x: 1\n\(key): 2\n", subject: "profile", file: "p.yaml")
        let error = #expect(throws: Diagnostic.self) { try document.value.section(Key.self) }
        #expect(error?.code == "profile.unknown-key")
        #expect(error?.location == .init(file: "p.yaml", line: 2, key: key))
        #expect(error?.expected == "one of x, bandwidth_gigabytes_per_second, warmup_samples")
        #expect(error?.remedy == remedy)
    }

    @Test("A section must be a section; an absent one reads as empty", arguments: ["5", "[1, 2]"])
    func sections(text: String) throws {
        let document = try YAMLDocument(parsing: "x: \(text)\n", subject: "recipe")
        let reader = try document.value.section(Key.self)
        let error = #expect(throws: Diagnostic.self) { try reader.section(.x, Key.self) }
        #expect(error?.code == "recipe.wrong-type")
        let absent = try reader.section(.warmup, Key.self)
        let missing = #expect(throws: Diagnostic.self) { try absent.required(.x) }
        #expect(missing?.location?.key == "warmup_samples.x")
    }
}

@Suite("Writing YAML") struct YAMLWriterTests {
    enum Key: String, CaseIterable { case a, b, c }

    @Test(
        "Text reads back as it was, whatever it is",
        arguments: [
            "plain", "two words", "null", "yes", "~", "5", "1e3", "a: b", "# no", "\"q\"", "back\\slash", "é漢字🌱", "-",
            "a.b/c",
            "{x}", " lead", "trail ", "'", "*a", "&a", "!t", "%", "@", "`", "[",
        ])
    func text(text: String) throws {
        var writer = YAMLWriter()
        writer.section("a") { $0.write("b", text) }
        let document = try YAMLDocument(parsing: writer.text, subject: "recipe")
        let inner = try document.value.section(Key.self).section(.a, Key.self)
        #expect(try inner.required(.b).text() == text)
    }

    @Test(
        "Numbers read back bit for bit",
        arguments: [
            0.1, 1e-5, 3e-4, 0.0048, 1, 1e300, Double.leastNonzeroMagnitude, 0.1 + 0.2, 123_456_789.125, 0x1p53, 0x1p60,
        ])
    func numbers(number: Double) throws {
        var writer = YAMLWriter()
        writer.write("a", number)
        writer.write("b", number, source: "a \"quoted\" source: with, signs")
        writer.write("c", UInt64.max)
        let reader = try YAMLDocument(parsing: writer.text, subject: "recipe").value.section(Key.self)
        #expect(try reader.required(.a).number(.positive) == number)
        #expect(try reader.required(.c).unsigned() == .max)
        enum FigureKey: String, CaseIterable { case value, source }
        let figure = try reader.required(.b).section(FigureKey.self)
        #expect(try figure.required(.value).number(.positive) == number)
        #expect(try figure.required(.source).text() == "a \"quoted\" source: with, signs")
    }
}
