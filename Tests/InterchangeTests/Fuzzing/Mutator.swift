/// Damages a safetensors file in one to three places, in its structure or in its bytes; the seed decides everything.
struct Mutator {
    private var random: Seeded

    init(seed: UInt64) { random = Seeded(seed) }

    mutating func mutant(of model: HeaderModel) -> [UInt8] {
        var model = model
        let kind = Int.random(in: 0..<10, using: &random)
        if kind < 6 {
            for _ in 0...Int.random(in: 0..<3, using: &random) { changeStructure(&model) }
        }
        var file = model.file
        if kind >= 5 {
            for _ in 0...Int.random(in: 0..<3, using: &random) { changeBytes(&file) }
        }
        return file
    }

    /// Numbers at and beyond the edges of what a reader may hold them in, and what JSON does not allow.
    private static let numbers = [
        "0", "1", "2", "4", "7", "8", "-1", "-0", "00", "04", "1.0", "1e3", "1E400", "+1", "0x10", "", " 3 ", "null",
        "true", "\"4\"", "[4]", "65536", "4294967295", "4294967296", "2305843009213693952", "4611686018427387904",
        "9223372036854775807", "9223372036854775808", "18446744073709551615", "18446744073709551616",
        "99999999999999999999999999",
    ]
    private static let types = [
        "F64", "F32", "BF16", "F16", "I64", "I32", "U8", "BOOL", "f32", "F8_E4M3", "", "F32\\u0000",
    ]
    private static let names: [[UInt8]] = [
        [], Array("w".utf8), Array("b".utf8), Array("__metadata__".utf8), [0xFF], [0xC3], [0xED, 0xA0, 0x80],
        [0xC0, 0x80], Array("\\ud800".utf8), [0], Array("é".utf8), Array("e\u{301}".utf8),
        Array(String(repeating: "n", count: 5000).utf8),
    ]
    private static let members = [
        "\"dtype\":\"F32\"", "\"shape\":[1]", "\"data_offsets\":[0,4]", "\"shape\":null", "\"size\":4", "\"\":{}",
    ]
    private static let texts = [
        " ", "\n\t ", String(repeating: " ", count: 300), ",", ",{}", ",\"x\":{}", "}", "{", "[", "]", ":", "\"", "\\",
        "\u{0}", "\u{FEFF}", "//", String(repeating: "[", count: 3000), String(repeating: "{\"a\":", count: 1000),
        ",\"__metadata__\":{}", ",\"w\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}",
        ",\"none\":{\"dtype\":\"U8\",\"shape\":[0],\"data_offsets\":[0,0]}",
    ]
    private static let metadata = [
        "\"a\":\"b\"", "\"format\":\"np\"", "\"n\":1", "\"n\":null", "\"o\":{\"p\":\"q\"}",
        "\"\\u00e9\":\"\\ud83d\\ude00\"",
    ]

    private mutating func changeStructure(_ model: inout HeaderModel) {
        let index = model.tensors.indices.randomElement(using: &random)
        switch (Int.random(in: 0..<19, using: &random), index) {
        case (0, let i?): replace(in: &model.tensors[i].shape)
        case (1, let i?): replace(in: &model.tensors[i].offsets)
        case (2, let i?): model.tensors[i].type = pick(Self.types)
        case (3, let i?): model.tensors[i].name = pick(Self.names)
        case (4, let i?): model.tensors[i].extra.append(pick(Self.members))
        case (5, let i?): model.tensors.append(model.tensors[i])
        case (6, let i?): model.tensors.remove(at: i)
        case (7, _): model.tensors.shuffle(using: &random)
        case (8, let i?): exchangeOffsets(i, in: &model.tensors)
        case (9, let i?): shift(&model.tensors[i].offsets)
        case (10, _): model.lengthError = Int.random(in: -40...40, using: &random)
        case (11, _): model.tail += pick(Self.texts)
        case (12, _): model.padding += pick(Self.texts)
        case (13, _): model.metadata = (model.metadata ?? []) + [pick(Self.metadata)]
        case (14, _): model.data = Array(model.data.dropLast(Int.random(in: 1...9, using: &random)))
        // Harmless ones: the reader must not refuse everything.
        case (15, let i?): model.tensors[i].shape.reverse()
        case (16, let i?): model.tensors[i].shape.append("1")
        case (17, _): model.padding += pick(Self.texts.prefix(3) + [])
        case (18, _): model.data += [0, 1, 2].prefix(Int.random(in: 1...3, using: &random))
        default: model.metadata = nil
        }
    }

    private mutating func pick<Element>(_ choices: [Element]) -> Element {
        choices[Int.random(in: 0..<choices.count, using: &random)]
    }

    private mutating func replace(in numbers: inout [String]) {
        let number = pick(Self.numbers)
        switch numbers.indices.randomElement(using: &random) {
        case let place? where Bool.random(using: &random): numbers[place] = number
        case _ where Bool.random(using: &random): numbers.append(number)
        case _ where Int.random(in: 0..<20, using: &random) == 0:
            numbers = Array(repeating: number, count: 1000)
        default: _ = numbers.popLast()
        }
    }

    /// Exchanges offsets with those of some tensor, so that data overlap or fit another's shape.
    private mutating func exchangeOffsets(_ one: Int, in tensors: inout [HeaderModel.Tensor]) {
        let other = Int.random(in: 0..<tensors.count, using: &random)
        (tensors[one].offsets, tensors[other].offsets) = (tensors[other].offsets, tensors[one].offsets)
    }

    private mutating func shift(_ offsets: inout [String]) {
        let by = Int.random(in: -9...9, using: &random)
        offsets = offsets.map { Int($0).map { "\($0 &+ by)" } ?? $0 }
    }

    private mutating func changeBytes(_ file: inout [UInt8]) {
        guard !file.isEmpty else { return file.append(0) }
        let place = Int.random(in: 0..<file.count, using: &random)
        switch Int.random(in: 0..<8, using: &random) {
        case 0: file[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1: file[place] = UInt8.random(in: .min ... .max, using: &random)
        case 2: file.remove(at: place)
        case 3: file.insert(UInt8.random(in: .min ... .max, using: &random), at: place)
        case 4: file.insert(pick(Array("0123456789{}[]\",:\\ ".utf8)), at: place)
        case 5: file.removeLast(min(file.count, Int.random(in: 1..<40, using: &random)))
        case 6: file[Int.random(in: 0..<min(8, file.count), using: &random)] = UInt8.random(in: 0...255, using: &random)
        default:
            let end = Int.random(in: place..<min(place + 64, file.count), using: &random)
            file.insert(contentsOf: Array(file[place...end]), at: Int.random(in: 0...file.count, using: &random))
        }
    }
}
