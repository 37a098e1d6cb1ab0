import Diagnostics
import Foundation
import Interchange

/// The weights of a Hugging Face BLOOM folder, with every tensor checked against the model.
struct BloomWeights {
    private let file: SafetensorsFile
    private let prefix: String

    /// Opens `model.safetensors`; it must hold exactly the model's tensors, with or without the prefix.
    init(folder: String, tensors: [BloomTensor]) throws(Diagnostic) {
        let path = folder + "/" + BloomConfiguration.weightsName
        if !FileManager.default.fileExists(atPath: path),
            FileManager.default.fileExists(atPath: path + ".index.json")
        {
            throw Diagnostic(
                "model.sharded", "weights in several files are not supported yet", at: .init(file: folder),
                expected: BloomConfiguration.weightsName,
                remedy: "save the model with save_pretrained(…, max_shard_size=\"1TB\")")
        }
        file = try SafetensorsFile(path: path)
        let names = Set(file.tensors.map { $0.name })
        let hasPrefix = tensors.contains { names.contains(BloomTensor.prefix + $0.parameter) }
        prefix = hasPrefix ? BloomTensor.prefix : ""
        for tensor in tensors { try check(tensor) }
        try checkHead(tensors[0])
        let known = Set(tensors.map { prefix + $0.parameter } + [BloomTensor.head])
        if let other = file.tensors.first(where: { !known.contains($0.name) }) {
            throw Diagnostic(
                "model.tensor", "the model has no such tensor", at: .init(file: path, key: other.name),
                remedy: "see that \(BloomConfiguration.fileName) states the right number of layers")
        }
    }

    private func check(_ tensor: BloomTensor) throws(Diagnostic) {
        let found = try file.tensor(prefix + tensor.parameter)
        guard [.float32, .bfloat16, .float16].contains(found.type) else {
            throw Diagnostic(
                "model.type", "weights of this type are not supported", at: .init(file: file.path, key: found.name),
                expected: "F32, BF16 or F16", found: found.type.rawValue)
        }
        try file.require(tensor.description(found.type, prefix: prefix))
    }

    /// An output layer of its own is good only if it is a copy of the embedding.
    private func checkHead(_ embedding: BloomTensor) throws(Diagnostic) {
        guard let head = file.tensors.first(where: { $0.name == BloomTensor.head }) else { return }
        let name = prefix + embedding.parameter
        guard try file.digest(of: head.name) == file.digest(of: name), try file.tensor(name).shape == head.shape else {
            throw Diagnostic(
                "model.untied", "the output layer is not the embedding", at: .init(file: file.path, key: head.name),
                expected: "a copy of \(name), or none")
        }
    }

    /// Copies elements of a parameter, counted in Serre's order, to `place`; throws when one is not a finite number.
    func read(
        _ tensor: BloomTensor, _ elements: Range<Int>, into place: UnsafeMutablePointer<Float>
    ) throws(Diagnostic) {
        let name = prefix + tensor.parameter
        let type = try file.tensor(name).type
        try file.withBytes(of: name) { (bytes) throws(Diagnostic) in
            for (i, element) in elements.enumerated() {
                let value = type.float(in: bytes, at: tensor.place(of: element))
                guard value.isFinite else {
                    throw Diagnostic(
                        "model.non-finite", "a weight is not a finite number", at: .init(file: file.path, key: name),
                        found: "\(value)")
                }
                place[i] = value
            }
        }
    }
}

extension ElementType {
    /// The little-endian element at `index`, widened exactly; only for types of at most float32's range and precision.
    fileprivate func float(in bytes: UnsafeRawBufferPointer, at index: Int) -> Float {
        func bits<Bits: FixedWidthInteger & BitwiseCopyable>(_ type: Bits.Type) -> Bits {
            Bits(littleEndian: bytes.loadUnaligned(fromByteOffset: index * MemoryLayout<Bits>.size, as: type))
        }
        switch self {
        case .float32: return Float(bitPattern: bits(UInt32.self))
        case .bfloat16: return Float(bitPattern: UInt32(bits(UInt16.self)) << 16)
        case .float16: return Float(Float16(bitPattern: bits(UInt16.self)))
        case .float64, .int64, .int32, .uint8: preconditionFailure("\(rawValue) does not widen to float32")
        }
    }
}
