import Diagnostics
import Foundation
import Integrity
import Interchange
import Testing

@Suite struct WritingTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private let tensors: [TensorDescription] = [
        .init("z", .float64, shape: [2]), .init("none", .float32, shape: [3, 0]), .init("a \"b\"\n", .int32, shape: []),
        .init("中", .bfloat16, shape: [1, 3]), .init("last", .uint8, shape: [3]),
    ]
    private let data: [[UInt8]] = [
        Array(0..<16), [], [16, 17, 18, 19], [20, 21, 22, 23, 24, 25], [26, 27, 28],
    ]

    /// Writes `data`, each tensor in pieces of at most `piece` bytes.
    private func write(_ name: String, piece: Int = 100) throws -> Safetensors.Receipt {
        try Safetensors.write(tensors, metadata: ["b": "2", "a": "1"], to: folder.file(name)) {
            (append) throws(Diagnostic) in
            for bytes in data {
                for start in stride(from: 0, to: bytes.count, by: piece) {
                    try put(Array(bytes[start..<min(start + piece, bytes.count)]), append)
                }
            }
        }
    }

    private func put(
        _ bytes: [UInt8], _ append: (UnsafeRawBufferPointer) throws(Diagnostic) -> Void
    ) throws(Diagnostic) {
        let memory = UnsafeMutableRawBufferPointer.allocate(byteCount: bytes.count, alignment: 1)
        defer { memory.deallocate() }
        memory.copyBytes(from: bytes)
        try append(UnsafeRawBufferPointer(memory))
    }

    @Test(arguments: [1, 3, 100])
    func whatIsWrittenIsRead(piece: Int) throws {
        let receipt = try write("model.safetensors", piece: piece)
        let file = try SafetensorsFile(path: folder.file())
        #expect(file.tensors == tensors && file.metadata == ["a": "1", "b": "2"])
        for (tensor, expected) in zip(tensors, data) {
            let found = try file.withBytes(of: tensor.name) { (bytes) throws(Diagnostic) in Array(bytes) }
            #expect(found == expected, "\(tensor.name)")
        }
        let whole = try bytes(ofFile: folder.file())
        #expect(receipt.byteCount == whole.count && receipt.digest == SHA256.digest(of: whole))
        #expect(receipt.digest == file.digest())
        #expect(try tensors.map { try file.digest(of: $0.name) } == data.map { SHA256.digest(of: $0) })
        #expect(folder.contents == ["model.safetensors"])
    }

    @Test func sameInputSameBytes() throws {
        let (one, two) = (try write("one", piece: 2), try write("two"))
        #expect(one == two)
        #expect(try bytes(ofFile: folder.file("one")) == bytes(ofFile: folder.file("two")))
    }

    @Test func theFormatByteForByte() throws {
        try Safetensors.write(
            [.init("w", .float32, shape: [1, 2]), .init("b", .uint8, shape: [1])], to: folder.file()
        ) {
            (append) throws(Diagnostic) in
            try put([1, 2, 3, 4, 5, 6, 7, 8], append)
            try put([9], append)
        }
        let json =
            #"{"b":{"dtype":"U8","shape":[1],"data_offsets":[8,9]},"#
            + #""w":{"dtype":"F32","shape":[1,2],"data_offsets":[0,8]}}"#
        let padded = json + String(repeating: " ", count: (8 - json.utf8.count % 8) % 8)
        #expect(try bytes(ofFile: folder.file()) == fileBytes(padded) + [1, 2, 3, 4, 5, 6, 7, 8, 9])
    }

    @Test func aFileWithoutTensorsIsSound() throws {
        try Safetensors.write([], to: folder.file()) { (_) throws(Diagnostic) in }
        #expect(try SafetensorsFile(path: folder.file()).tensors.isEmpty)
    }

    static let wrong: [([TensorDescription], [[UInt8]], String, String)] = [
        ([.init("w", .uint8, shape: [2])], [[1]], "safetensors.data", "w"),
        ([.init("w", .uint8, shape: [2])], [[1, 2, 3]], "safetensors.data", "w"),
        ([.init("w", .uint8, shape: [2])], [[1, 2], [3]], "safetensors.data", "w"),
        (
            [.init("w", .uint8, shape: [2]), .init("x", .uint8, shape: [2])], [[1], [2, 3], [4]], "safetensors.data",
            "w"
        ),
        ([.init("w", .uint8, shape: [1]), .init("w", .uint8, shape: [1])], [[1], [2]], "safetensors.name", "w"),
        ([.init("__metadata__", .uint8, shape: [1])], [[1]], "safetensors.name", "__metadata__"),
        ([.init("w", .uint8, shape: [-1])], [], "safetensors.shape", "w"),
        ([.init("w", .float32, shape: [.max, 2])], [], "safetensors.shape", "w"),
        ([.init("a", .uint8, shape: [1]), .init("w", .float32, shape: [1])], [], "safetensors.order", "w"),
    ]

    @Test(arguments: wrong)
    func unsoundTensorsLeaveNothingBehind(
        tensors: [TensorDescription], pieces: [[UInt8]], code: String, name: String
    ) throws {
        let error = #expect(throws: Diagnostic.self) {
            try Safetensors.write(tensors, to: folder.file()) { (append) throws(Diagnostic) in
                for piece in pieces { try put(piece, append) }
            }
        }
        #expect(error?.code == code && error?.location == .init(file: folder.file(), key: name))
        #expect(folder.contents.isEmpty)
    }

    @Test func aFailedWriteKeepsTheOldFile() throws {
        _ = try folder.put([1, 2, 3])
        #expect(throws: Diagnostic.self) {
            try Safetensors.write([.init("w", .uint8, shape: [2])], to: folder.file()) { (append) throws(Diagnostic) in
                try put([1], append)
            }
        }
        #expect(try bytes(ofFile: folder.file()) == [1, 2, 3] && folder.contents.count == 1)
    }
}
