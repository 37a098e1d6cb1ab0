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
        var fields: [String] = []
        if !metadata.isEmpty {
            let pairs = metadata.sorted { Self.precedes($0.key, $1.key) }
            let text = pairs.map { Self.quoted($0.key) + ":" + Self.quoted($0.value) }
            fields.append("\"\(Self.metadataKey)\":{\(text.joined(separator: ","))}")
        }
        for entry in entries.sorted(by: { Self.precedes($0.tensor.name, $1.tensor.name) }) {
            let shape = entry.tensor.shape.map(String.init).joined(separator: ",")
            fields.append(
                Self.quoted(entry.tensor.name) + ":{\"dtype\":\"\(entry.tensor.type.rawValue)\",\"shape\":[\(shape)],"
                    + "\"data_offsets\":[\(entry.bytes.lowerBound),\(entry.bytes.upperBound)]}")
        }
        var json = Array("{\(fields.joined(separator: ","))}".utf8)
        while json.count % 8 != 0 { json.append(UInt8(ascii: " ")) }
        return withUnsafeBytes(of: UInt64(json.count).littleEndian) { Array($0) } + json
    }

    private static func precedes(_ a: String, _ b: String) -> Bool { a.utf8.lexicographicallyPrecedes(b.utf8) }

    /// A JSON string.
    private static func quoted(_ text: String) -> String {
        var result = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\":
                result += "\\"
                result.unicodeScalars.append(scalar)
            case "\u{0}"..<" ":
                let hex = String(scalar.value, radix: 16)
                result += "\\u" + String(repeating: "0", count: 4 - hex.count) + hex
            default: result.unicodeScalars.append(scalar)
            }
        }
        return result + "\""
    }
}
