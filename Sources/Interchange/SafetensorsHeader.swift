import Diagnostics

/// What stands before the data of a safetensors file: a JSON object of tensors and their places, and a string map.
struct SafetensorsHeader {
    /// A tensor and its bytes in the data, which start right after the header.
    struct Entry: Equatable {
        var tensor: TensorDescription
        var bytes: Range<Int>
    }

    static let metadataKey = "__metadata__"
    /// The largest header that readers of this format accept, in bytes.
    static let largest = 100_000_000
    /// More dimensions than any framework's tensors have.
    static let mostDimensions = 64

    /// The tensors, in the order of their data.
    var entries: [Entry]
    var metadata: [String: String]

    /// Lays tensors out one after the other in the given order, without gaps.
    ///
    /// Throws for names that occur twice or are reserved, impossible shapes, and an order that would leave a tensor's data
    /// at an address that its element type does not divide.
    init(laying tensors: [TensorDescription], metadata: [String: String], path: String) throws(Diagnostic) {
        var names = Set<String>()
        var end = 0
        entries = []
        self.metadata = metadata
        for tensor in tensors {
            func refuse(_ code: String, _ message: String) -> Diagnostic {
                Diagnostic("safetensors." + code, message, at: .init(file: path, key: tensor.name), kind: .failure)
            }
            guard tensor.name != Self.metadataKey, names.insert(tensor.name).inserted else {
                throw refuse("name", "the tensor's name is taken")
            }
            guard let count = tensor.byteCount, end <= Int.max / 2 - count else {
                throw refuse("shape", "the shape \(tensor.shape) is impossible")
            }
            guard end % tensor.type.byteCount == 0 else {
                throw refuse("order", "tensors of wider elements must come before those of narrower ones")
            }
            entries.append(Entry(tensor: tensor, bytes: end..<end + count))
            end += count
        }
    }

    /// The length of the header (8 bytes, little-endian) and its JSON: keys in byte order, no white space but the spaces at the
    /// end that bring the data to a multiple of 8 bytes.
    var encoded: [UInt8] {
        var json = Array("{".utf8)
        func begin(_ name: some Sequence<UInt8>) {
            if json.count > 1 { json.append(UInt8(ascii: ",")) }
            Self.quote(name, into: &json)
            json += ":{".utf8
        }
        if !metadata.isEmpty {
            begin(Self.metadataKey.utf8)
            let pairs = metadata.map { (key: Array($0.utf8), value: $1) }
            for (index, pair) in pairs.sorted(by: { $0.key.lexicographicallyPrecedes($1.key) }).enumerated() {
                if index > 0 { json.append(UInt8(ascii: ",")) }
                Self.quote(pair.key, into: &json)
                json.append(UInt8(ascii: ":"))
                Self.quote(pair.value.utf8, into: &json)
            }
            json.append(UInt8(ascii: "}"))
        }
        let named = entries.map { (name: Array($0.tensor.name.utf8), entry: $0) }
        for (name, entry) in named.sorted(by: { $0.name.lexicographicallyPrecedes($1.name) }) {
            begin(name)
            let shape = entry.tensor.shape.map(String.init).joined(separator: ",")
            json += "\"dtype\":\"\(entry.tensor.type.rawValue)\",\"shape\":[\(shape)],".utf8
            json += "\"data_offsets\":[\(entry.bytes.lowerBound),\(entry.bytes.upperBound)]}".utf8
        }
        json.append(UInt8(ascii: "}"))
        while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }

    /// Appends UTF-8 as a JSON string.
    private static func quote(_ text: some Sequence<UInt8>, into json: inout [UInt8]) {
        json.append(UInt8(ascii: "\""))
        for byte in text {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): json += [UInt8(ascii: "\\"), byte]
            case 0..<0x20:
                let hex = String(byte, radix: 16)
                json += ("\\u" + String(repeating: "0", count: 4 - hex.count) + hex).utf8
            default: json.append(byte)
            }
        }
        json.append(UInt8(ascii: "\""))
    }
}
