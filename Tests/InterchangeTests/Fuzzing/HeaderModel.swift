import Diagnostics
import Foundation

@testable import Interchange

/// A safetensors file as its parts, each of which may be wrong: numbers are text, names are bytes.
struct HeaderModel {
    struct Tensor {
        var name: [UInt8]
        var type: String
        var shape: [String]
        var offsets: [String]
        /// More members of the tensor's object, as they stand in the text.
        var extra: [String] = []
    }

    var tensors: [Tensor]
    /// Members of `__metadata__`; `nil` leaves it out.
    var metadata: [String]?
    var data: [UInt8]
    /// Added to the length that the file states.
    var lengthError = 0
    /// Put before the header's last brace, and after it.
    var (tail, padding) = ("", "")

    static let two = HeaderModel(
        tensors: [
            .init(name: Array("w".utf8), type: "F32", shape: ["2", "1"], offsets: ["0", "8"]),
            .init(name: Array("b".utf8), type: "BF16", shape: ["3"], offsets: ["8", "14"]),
        ], metadata: nil, data: Array(0..<14))

    static let metadataOnly = HeaderModel(tensors: [], metadata: ["\"format\":\"pt\""], data: [])

    /// The parts of a sound file.
    init(file: [UInt8]) throws(Diagnostic) {
        var found: Result<(SafetensorsHeader, Int), Diagnostic> = .failure(Diagnostic("test", "nothing was read"))
        file.withUnsafeBytes { bytes in
            do throws(Diagnostic) {
                found = .success(try SafetensorsHeader.read(file: bytes, path: "sound"))
            } catch {
                found = .failure(error)
            }
        }
        let (header, start) = try found.get()
        tensors = header.entries.map { entry in
            Tensor(
                name: Array(entry.tensor.name.utf8), type: entry.tensor.type.rawValue,
                shape: entry.tensor.shape.map(String.init),
                offsets: ["\(entry.bytes.lowerBound)", "\(entry.bytes.upperBound)"])
        }
        metadata = ["\"format\":\"pt\""]
        data = Array(file[start...])
    }

    private init(tensors: [Tensor], metadata: [String]?, data: [UInt8]) {
        (self.tensors, self.metadata, self.data) = (tensors, metadata, data)
    }

    func changing(_ change: (inout HeaderModel) -> Void) -> HeaderModel {
        var copy = self
        change(&copy)
        return copy
    }

    /// The file's bytes.
    var file: [UInt8] {
        var json: [UInt8] = []
        var isFirst = true
        func separate() {
            json += isFirst ? Array("{".utf8) : Array(",".utf8)
            isFirst = false
        }
        if let metadata {
            separate()
            json += Array("\"__metadata__\":{\(metadata.joined(separator: ","))}".utf8)
        }
        for tensor in tensors {
            separate()
            json.append(UInt8(ascii: "\""))
            for byte in tensor.name {
                switch byte {
                case UInt8(ascii: "\""), UInt8(ascii: "\\"): json += [UInt8(ascii: "\\"), byte]
                case UInt8(ascii: "\n"): json += Array("\\n".utf8)
                default: json.append(byte)
                }
            }
            let members = [
                "\"dtype\":\"\(tensor.type)\"", "\"shape\":[\(tensor.shape.joined(separator: ","))]",
                "\"data_offsets\":[\(tensor.offsets.joined(separator: ","))]",
            ]
            json += Array("\":{\((members + tensor.extra).joined(separator: ","))}".utf8)
        }
        if isFirst { separate() }
        json += Array((tail + "}" + padding).utf8)
        let length = UInt64(bitPattern: Int64(json.count) &+ Int64(lengthError)).littleEndian
        return withUnsafeBytes(of: length) { Array($0) } + json + data
    }
}
