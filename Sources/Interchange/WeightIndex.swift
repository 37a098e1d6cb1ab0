import Diagnostics
import Foundation

/// The index beside weights in several safetensors files, as `transformers` writes it: which file holds which tensor.
struct WeightIndex: Equatable {
    /// File names by tensor name.
    var files: [String: String]
    /// Bytes of all tensors, where the index says.
    var totalSize: Int?

    /// Reads and checks the index's own form; file names must be those of neighbours.
    init(json: Data, path: String) throws(Diagnostic) {
        func problem(_ key: String?, _ message: String, expected: String, found: String) -> Diagnostic {
            Diagnostic("weights.index", message, at: .init(file: path, key: key), expected: expected, found: found)
        }
        let members = try JSONValue.members(json, file: path, code: "weights.index")
        guard case .object(let map)? = members["weight_map"] else {
            throw problem(
                "weight_map", "the index says nothing of tensors", expected: "file names by tensor name",
                found: members["weight_map"]?.described ?? "nothing")
        }
        files = [:]
        for name in map.keys.sorted() {
            let place = map[name] ?? .null
            guard case .text(let file) = place, file.hasSuffix(".safetensors"), !file.contains("/"),
                !file.contains("\0")
            else {
                throw problem(
                    "weight_map." + name, "the tensor's file is not usable",
                    expected: "the name of a .safetensors file beside the index", found: place.described)
            }
            files[name] = file
        }
        guard let metadata = members["metadata"], metadata != .null else { return }
        guard case .object(let values) = metadata else {
            throw problem("metadata", "the value is of another type", expected: "an object", found: metadata.described)
        }
        switch values["total_size"] {
        case nil, .null?: totalSize = nil
        case .integer(let size)? where size >= 0: totalSize = size
        // Some early files state it as 26031738880.0.
        case .number(let size)? where size >= 0 && size < 0x1p62 && size == size.rounded(): totalSize = Int(size)
        case .some(let other):
            throw problem(
                "metadata.total_size", "the total is not usable", expected: "a number of bytes", found: other.described)
        }
    }

    /// The index of tensors that were written to `files`, in any order; tensors sorted by name.
    static func json(totalSize: Int, parameters: Int, files: [(tensor: String, file: String)]) -> String {
        let lines = files.sorted { $0.tensor.utf8.lexicographicallyPrecedes($1.tensor.utf8) }
            .map { "    \"\($0.tensor)\": \"\($0.file)\"" }
        return """
            {
              "metadata": {
                "total_parameters": \(parameters),
                "total_size": \(totalSize)
              },
              "weight_map": {
            \(lines.joined(separator: ",\n"))
              }
            }

            """
    }
}
