import Foundation

@testable import Interchange

/// A second opinion on what a reader accepted, by Foundation's JSON and nothing of the reader's own.
enum WellFormedness {
    private static let sizes = ["F64": 8, "F32": 4, "BF16": 2, "F16": 2, "I64": 8, "I32": 4, "U8": 1]

    /// What is wrong with a file or with what was read of it; `nil` when nothing is.
    static func objection(to header: SafetensorsHeader, in file: [UInt8]) -> String? {
        guard file.count >= 8 else { return "too short" }
        let length = (0..<8).reduce(UInt64(0)) { $0 | UInt64(file[$1]) << (8 * UInt64($1)) }
        guard length <= UInt64(file.count - 8) else { return "the length lies" }
        let text = file[8..<8 + Int(length)]
        guard String(validating: text, as: UTF8.self) != nil else { return "no UTF-8" }
        guard let object = try? JSONSerialization.jsonObject(with: Data(text)) as? [String: Any] else {
            return "no JSON object"
        }
        var ranges: [(start: Int, end: Int)] = []
        for (name, value) in object where name != "__metadata__" {
            guard let entry = header.entries.first(where: { $0.tensor.name == name }) else { return "lacks \(name)" }
            guard let members = value as? [String: Any], members.count == 3, let type = members["dtype"] as? String,
                let shape = members["shape"] as? [Int], let offsets = members["data_offsets"] as? [Int]
            else { return "\(name) is no tensor" }
            guard type == entry.tensor.type.rawValue, shape == entry.tensor.shape,
                offsets == [entry.bytes.lowerBound, entry.bytes.upperBound]
            else { return "\(name) was read as another" }
            // Every sound product is exact in a Double: the file is much shorter than 2⁵³ bytes.
            let product = shape.reduce(Double(sizes[type] ?? -1)) { $0 * Double($1) }
            guard shape.allSatisfy({ $0 >= 0 }), product == Double(offsets[1] - offsets[0]) else {
                return "\(name) has another length"
            }
            ranges.append((offsets[0], offsets[1]))
        }
        // A dictionary holds each name once; more entries than that are duplicates.
        guard ranges.count == header.entries.count else { return "more tensors were read than there are" }
        var end = 0
        for range in ranges.sorted(by: { $0 < $1 }) {
            guard range.start == end else { return "overlap or hole at \(end)" }
            end = range.end
        }
        guard end == file.count - 8 - Int(length) else { return "bytes at the end belong to none" }
        if let metadata = object["__metadata__"] {
            guard let strings = metadata as? [String: String], strings == header.metadata else { return "metadata" }
        }
        return nil
    }
}
