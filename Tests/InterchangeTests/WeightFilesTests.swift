import Diagnostics
import Foundation
import Integrity
import Testing

@testable import Interchange

/// Weights in one file and in several with an index.
@Suite("Weight files")
struct WeightFilesTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private let groups: [[TensorDescription]] = [
        [.init("a", .float32, shape: [4])], [.init("b.q", .float32, shape: [2]), .init("b.k", .float32, shape: [2])],
        [.init("c", .float32, shape: [5, 2])], [.init("d", .float32, shape: [1])],
    ]

    private func write(largest: Int) throws -> WeightFiles.Receipt {
        try WeightFiles.write(groups, largest: largest, to: folder.path) { (group, append) throws(Diagnostic) in
            for tensor in groups[group] {
                let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: tensor.byteCount ?? 0, alignment: 4)
                defer { memory.deallocate() }
                memory.initializeMemory(as: UInt8.self, repeating: UInt8(group))
                try append(UnsafeRawBufferPointer(memory))
            }
        }
    }

    private func index(_ change: (inout [String: Any]) throws -> Void) throws {
        let path = folder.file(WeightFiles.indexName)
        let data = try Data(contentsOf: URL(fileURLWithPath: path))
        var object = try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
        try change(&object)
        try JSONSerialization.data(withJSONObject: object).write(to: URL(fileURLWithPath: path))
    }

    private func refusal() -> Diagnostic? {
        do throws(Diagnostic) {
            _ = try WeightFiles(folder: folder.path)
            return nil
        } catch {
            return error
        }
    }

    @Test("what fits is one file without an index")
    func oneFile() throws {
        let receipt = try write(largest: 76)
        #expect(receipt.files.map(\.name) == ["model.safetensors"] && folder.contents == ["model.safetensors"])
        #expect(try WeightFiles(folder: folder.path).tensors == groups.flatMap { $0 })
    }

    @Test("what does not fit is several files whose index finds every tensor")
    func severalFiles() throws {
        let receipt = try write(largest: 32)
        #expect(receipt.files.map(\.name) == (1...3).map { "model-0000\($0)-of-00003.safetensors" })
        let files = try WeightFiles(folder: folder.path)
        #expect(files.tensors == groups.flatMap { $0 })
        #expect(try files.file(of: "b.k").path == folder.file("model-00001-of-00003.safetensors"))
        // Larger than the limit: a file of its own.
        #expect(try files.file(of: "c").tensors.count == 1)
        for file in receipt.files {
            #expect(try file.digest == SHA256.digest(of: bytes(ofFile: folder.file(file.name))))
        }
        try index { object in
            #expect((object["metadata"] as? [String: Int]) == ["total_size": 76, "total_parameters": 19])
            // As some early files state it.
            object["metadata"] = ["total_size": 76.0]
        }
        #expect(refusal() == nil)
        #expect(folder.contents.allSatisfy { WeightFiles.isOwn($0) } && !WeightFiles.isOwn("model-1-of-2.safetensors"))
        let missing = #expect(throws: Diagnostic.self) { try files.file(of: "b.kk") }
        #expect(missing?.remedy == "did you mean “b.k”?")
    }

    @Test("a folder without safetensors says what it has instead")
    func missing() throws {
        #expect(refusal()?.code == "weights.missing" && refusal()?.found == nil)
        _ = try folder.put([1], "pytorch_model.bin")
        #expect(refusal()?.found == "pytorch_model.bin" && refusal()?.location?.file == folder.path)
    }

    /// A place in the index, its new value, and the key and words of the refusal.
    static let unsound: [(key: String, value: String, names: String)] = [
        ("metadata.total_size", "77", "metadata.total_size"), ("metadata.total_size", "-1", "metadata.total_size"),
        ("metadata.total_size", "\"76\"", "metadata.total_size"),
        ("metadata.total_size", "1e300", "metadata.total_size"),
        ("weight_map.d", "\"model-00001-of-00003.safetensors\"", "d"),
        ("weight_map.e", "\"model-00001-of-00003.safetensors\"", "e"),
        ("weight_map.d", "\"../model.safetensors\"", "weight_map.d"),
        ("weight_map.d", "\"/etc/passwd\"", "weight_map.d"),
        ("weight_map.d", "3", "weight_map.d"), ("weight_map.d", "\"pytorch_model.bin\"", "weight_map.d"),
    ]

    @Test("an index that disagrees with its files is refused by place", arguments: unsound)
    func disagreement(key: String, value: String, names: String) throws {
        _ = try write(largest: 32)
        let parts = key.split(separator: ".").map(String.init)
        let new = try JSONSerialization.jsonObject(with: Data(value.utf8), options: .fragmentsAllowed)
        try index { object in
            var section = try #require(object[parts[0]] as? [String: Any])
            section[parts[1]] = new
            object[parts[0]] = section
        }
        let found = try #require(refusal())
        #expect(found.code == "weights.index" && found.location?.key == names, "\(found)")
        #expect(found.location?.file?.hasPrefix(folder.path) == true && found.exitStatus == 2)
    }

    @Test("a tensor that the index leaves out, a missing shard and a torn index are refused")
    func damage() throws {
        _ = try write(largest: 32)
        try index { object in
            var map = try #require(object["weight_map"] as? [String: Any])
            map["b.q"] = nil
            object["weight_map"] = map
        }
        #expect(refusal()?.location?.key == "b.q")
        _ = try write(largest: 32)
        try FileManager.default.removeItem(atPath: folder.file("model-00002-of-00003.safetensors"))
        #expect(refusal()?.code == "safetensors.open")
        for text in ["", "{", "[]", "{}", #"{"weight_map":[]}"#, String(repeating: #"{"a":"#, count: 50_000)] {
            _ = try folder.put(Array(text.utf8), WeightFiles.indexName)
            #expect(refusal()?.code == "weights.index", "\(text.prefix(20))")
        }
    }
}
