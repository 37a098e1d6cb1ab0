import Diagnostics
import Interchange

/// The weights of a Hugging Face folder, with every tensor checked against the model.
struct ModelWeights {
    private let files: WeightFiles
    private let prefix: String
    private let parameters: [String: ParameterMapping]

    /// Opens the weights; they must be exactly the model's tensors, with or without the prefix.
    init(folder: String, of configuration: any ModelConfiguration) throws(Diagnostic) {
        let family = type(of: configuration)
        let parameters = configuration.parameters
        files = try WeightFiles(folder: folder)
        let names = Set(files.tensors.map { $0.name })
        let hasPrefix = parameters.contains { parameter in
            parameter.isPrefixed && parameter.tensors.contains { names.contains(family.tensorPrefix + $0.name) }
        }
        prefix = hasPrefix ? family.tensorPrefix : ""
        self.parameters = Dictionary(uniqueKeysWithValues: parameters.map { ($0.parameter, $0) })
        var known: Set<String> = []
        for parameter in parameters {
            for tensor in parameter.tensors {
                try check(parameter, tensor)
                known.insert(parameter.name(of: tensor, prefix: prefix))
            }
        }
        if configuration.hasTiedHead {
            try checkHead(parameters[0])
            known.insert(modelHeadName)
        }
        if let other = files.tensors.first(where: { !known.contains($0.name) && !family.isConstant($0.name) }) {
            throw Diagnostic(
                "model.tensor", "the model has no such tensor",
                at: .init(file: try files.file(of: other.name).path, key: other.name),
                remedy: "see that \(modelConfigurationName) is the one of these weights")
        }
    }

    private func check(_ parameter: ParameterMapping, _ tensor: ParameterMapping.Tensor) throws(Diagnostic) {
        let name = parameter.name(of: tensor, prefix: prefix)
        let file = try files.file(of: name)
        let found = try file.tensor(name)
        guard [.float32, .bfloat16, .float16].contains(found.type) else {
            throw Diagnostic(
                "model.type", "weights of this type are not supported", at: .init(file: file.path, key: name),
                expected: "F32, BF16 or F16", found: found.type.rawValue)
        }
        try file.require(parameter.description(of: tensor, found.type, prefix: prefix))
    }

    /// An output layer of its own is good only if it is a copy of the embedding.
    private func checkHead(_ embedding: ParameterMapping) throws(Diagnostic) {
        guard files.tensors.contains(where: { $0.name == modelHeadName }) else { return }
        let name = embedding.name(of: embedding.tensors[0], prefix: prefix)
        let (head, embedding) = (try files.file(of: modelHeadName), try files.file(of: name))
        guard try head.digest(of: modelHeadName) == embedding.digest(of: name),
            try head.tensor(modelHeadName).shape == embedding.tensor(name).shape
        else {
            throw Diagnostic(
                "model.untied", "the output layer is not the embedding",
                at: .init(file: head.path, key: modelHeadName), expected: "a copy of \(name), or none")
        }
    }

    /// Copies elements of a parameter, counted in Serre's order, to `place`; throws when one is not a finite number.
    func read(
        _ parameter: String, _ elements: Range<Int>, into place: UnsafeMutablePointer<Float>
    ) throws(Diagnostic) {
        guard let mapping = parameters[parameter] else {
            preconditionFailure("the family's mapping lacks \(parameter)")
        }
        let held = try mapping.tensors.map { (tensor) throws(Diagnostic) in
            let name = mapping.name(of: tensor, prefix: prefix)
            let file = try files.file(of: name)
            return (name: name, file: file, type: try file.tensor(name).type)
        }
        var next = place
        try mapping.runs(of: elements) { (run) throws(Diagnostic) in
            let (name, file, type) = held[run.tensor]
            try file.withBytes(of: name) { (bytes) throws(Diagnostic) in
                for i in 0..<run.count {
                    let value = type.float(in: bytes, at: run.start + i * run.stride)
                    guard value.isFinite else {
                        throw Diagnostic(
                            "model.non-finite", "a weight is not a finite number",
                            at: .init(file: file.path, key: name), found: "\(value)")
                    }
                    next[i] = value
                }
            }
            next += run.count
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
