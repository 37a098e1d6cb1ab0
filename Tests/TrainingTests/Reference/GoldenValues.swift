import Foundation
import Testing

/// One file of fixtures/golden: what PyTorch computed from fixed weights (scripts/golden/README.md lists its tensors).
struct GoldenValues {
    let metadata: [String: String]
    private let tensors: [String: Description]
    private let bytes: Data

    private struct Description: Decodable {
        var dtype: String
        var shape: [Int]
        var offsets: [Int]
        enum CodingKeys: String, CodingKey { case dtype, shape, offsets = "data_offsets" }
    }

    /// A header entry: the metadata or a tensor's description.
    private enum Entry: Decodable {
        case metadata([String: String])
        case tensor(Description)

        init(from decoder: any Decoder) throws {
            if let description = try? Description(from: decoder) {
                self = .tensor(description)
            } else {
                self = .metadata(try [String: String](from: decoder))
            }
        }
    }

    /// Reads `fixtures/golden/NAME.safetensors` of the repository that this source file lies in.
    init(_ name: String) throws {
        var root = URL(filePath: #filePath)
        repeat {
            try #require(root.path() != "/", "no fixtures/golden above \(#filePath)")
            root = root.deletingLastPathComponent()
        } while !FileManager.default.fileExists(atPath: root.appending(path: "fixtures/golden").path())
        let file = try Data(contentsOf: root.appending(path: "fixtures/golden/\(name).safetensors"))
        let headerCount = file.prefix(8).reversed().reduce(0) { $0 << 8 | Int($1) }
        let header = try JSONDecoder().decode([String: Entry].self, from: file[8..<8 + headerCount])
        bytes = file.dropFirst(8 + headerCount)
        tensors = header.compactMapValues { if case .tensor(let description) = $0 { description } else { nil } }
        guard case .metadata(let notes)? = header["__metadata__"] else { throw CocoaError(.fileReadCorruptFile) }
        metadata = notes
    }

    /// A figure of the configuration or the optimiser, such as `hidden` or `adam_epsilon`.
    func figure(_ key: String) throws -> Double {
        let text = try #require(metadata[key], "\(key)")
        return try #require(Double(text), "\(key)")
    }

    func shape(_ name: String) throws -> [Int] { try #require(tensors[name], "\(name)").shape }

    /// A tensor's values, widened to float64 (which is exact for every stored type).
    func values(_ name: String) throws -> [Double] {
        let description = try #require(tensors[name], "\(name)")
        let range = bytes.startIndex + description.offsets[0]..<bytes.startIndex + description.offsets[1]
        return try bytes[range].withUnsafeBytes { raw in
            switch description.dtype {
            case "F64": (0..<raw.count / 8).map { raw.loadUnaligned(fromByteOffset: 8 * $0, as: Double.self) }
            case "F32": (0..<raw.count / 4).map { Double(raw.loadUnaligned(fromByteOffset: 4 * $0, as: Float.self)) }
            case "I32": (0..<raw.count / 4).map { Double(raw.loadUnaligned(fromByteOffset: 4 * $0, as: Int32.self)) }
            default: throw CocoaError(.fileReadCorruptFile)
            }
        }
    }

    /// The float64 model of this file's configuration.
    func reference() throws -> Float64Reference {
        let family = try #require(Float64Reference.Family(rawValue: family))
        var reference = try Float64Reference(
            family: family, layers: Int(figure("layers")), hidden: Int(figure("hidden")), heads: Int(figure("heads")),
            vocabulary: Int(figure("vocabulary")), positions: Int(figure("sequence")),
            normEpsilon: figure("layer_norm_epsilon"))
        if family == .llama {
            reference.keyValueHeads = Int(try figure("key_value_heads"))
            reference.ffn = Int(try figure("ffn"))
            reference.rotaryBase = try figure("rotary_base")
        }
        return reference
    }

    /// Files made before there were other families do not name BLOOM.
    var family: String { metadata["family"] ?? "bloom" }

    /// All tensors of one kind (`parameter`, `gradient`, `gradient64`, `final`) in model order.
    func parameters(_ kind: String) throws -> [Float64Reference.Parameter] {
        try reference().parameterShapes.map { name, shape in
            try #require(try self.shape("\(kind).\(name)") == shape, "\(kind).\(name)")
            return .init(name: name, shape: shape, values: try values("\(kind).\(name)"))
        }
    }

    /// The batch: sequence + 1 ids per sample.
    func tokens() throws -> [[Int]] {
        let (ids, width) = (try values("tokens").map { Int($0) }, try shape("tokens")[1])
        return stride(from: 0, to: ids.count, by: width).map { Array(ids[$0..<$0 + width]) }
    }
}
