import Diagnostics

extension SafetensorsHeader {
    /// Reads and checks the header of a whole file; `dataStart` is where the data of its tensors begin.
    static func read(
        file: UnsafeRawBufferPointer, path: String
    ) throws(Diagnostic) -> (header: SafetensorsHeader, dataStart: Int) {
        let dataStart = try dataStart(file, path)
        let json = UnsafeRawBufferPointer(rebasing: file[8..<dataStart])
        return (try SafetensorsHeader(json: json, dataCount: file.count - dataStart, path: path), dataStart)
    }

    /// Where the data start: after 8 bytes of length and the header.
    private static func dataStart(_ file: UnsafeRawBufferPointer, _ path: String) throws(Diagnostic) -> Int {
        guard file.count >= 8 else {
            throw Diagnostic(
                "safetensors.truncated", "the file is too short to be safetensors", at: .init(file: path),
                expected: "at least 8 bytes", found: "\(file.count)")
        }
        let length = UInt64(littleEndian: file.loadUnaligned(as: UInt64.self))
        guard length <= UInt64(largest) else {
            throw Diagnostic(
                "safetensors.header-size", "the file is not safetensors, or its first bytes are damaged",
                at: .init(file: path), expected: "a header of at most \(largest) bytes",
                found: "\(length)")
        }
        guard Int(length) <= file.count - 8 else {
            throw Diagnostic(
                "safetensors.truncated", "the file ends inside its header", at: .init(file: path),
                expected: "\(length) bytes of header", found: "\(file.count - 8)",
                remedy: "fetch or save the file again")
        }
        return 8 + Int(length)
    }

    /// Reads the JSON of a header and checks that its tensors fill `dataCount` bytes without overlap or gap.
    ///
    /// Every error names the file, and the tensor as soon as one is known.
    init(json: UnsafeRawBufferPointer, dataCount: Int, path: String) throws(Diagnostic) {
        var scanner = JSONScanner(json, file: path)
        var metadata: [String: String]?
        var entries: [Entry] = []
        var names = Set<String>()
        try scanner.object { (key, scanner) throws(Diagnostic) in
            scanner.key = key
            if key == Self.metadataKey {
                guard metadata == nil else { throw scanner.problem("duplicate", "the key occurs twice") }
                metadata = try Self.stringMap(&scanner)
            } else {
                guard names.insert(key).inserted else { throw scanner.problem("duplicate", "the tensor occurs twice") }
                entries.append(try Self.entry(key, &scanner))
            }
            scanner.key = nil
        }
        try scanner.end()
        // Empty tensors share their place with a neighbour; the name only makes the order definite.
        entries.sort {
            ($0.bytes.lowerBound, $0.bytes.upperBound, $0.tensor.name)
                < ($1.bytes.lowerBound, $1.bytes.upperBound, $1.tensor.name)
        }
        self.entries = entries
        self.metadata = metadata ?? [:]
        try checkCoverage(of: dataCount, path)
    }

    /// Checks that each tensor starts where the one before it ends and the last one ends with the file.
    private func checkCoverage(of dataCount: Int, _ path: String) throws(Diagnostic) {
        var end = 0
        for entry in entries {
            let (start, name) = (entry.bytes.lowerBound, entry.tensor.name)
            func problem(_ code: String, _ message: String) -> Diagnostic {
                Diagnostic(
                    "safetensors." + code, message, at: .init(file: path, key: name),
                    expected: "data from byte \(end)", found: "\(start)..<\(entry.bytes.upperBound)")
            }
            if start < end { throw problem("overlap", "the tensor's data overlaps another's") }
            if start > end { throw problem("hole", "bytes before the tensor's data belong to none") }
            if entry.bytes.upperBound > dataCount {
                throw Diagnostic(
                    "safetensors.truncated", "the file ends before the tensor's data does",
                    at: .init(file: path, key: name), expected: "at least \(entry.bytes.upperBound) bytes of data",
                    found: "\(dataCount)", remedy: "fetch or save the file again")
            }
            end = entry.bytes.upperBound
        }
        guard end == dataCount else {
            throw Diagnostic(
                "safetensors.hole", "bytes after the last tensor belong to none", at: .init(file: path),
                expected: "\(end) bytes of data", found: "\(dataCount)")
        }
    }

    private static func stringMap(_ scanner: inout JSONScanner) throws(Diagnostic) -> [String: String] {
        var map: [String: String] = [:]
        try scanner.object { (key, scanner) throws(Diagnostic) in
            let value = try scanner.string()
            guard map.updateValue(value, forKey: key) == nil else {
                throw scanner.problem("duplicate", "“\(key)” occurs twice")
            }
        }
        return map
    }

    /// Reads one tensor's dtype, shape and place.
    private static func entry(_ name: String, _ scanner: inout JSONScanner) throws(Diagnostic) -> Entry {
        var (typeName, shape, offsets): (String?, [Int]?, [Int]?)
        try scanner.object { (key, scanner) throws(Diagnostic) in
            switch key {
            case "dtype" where typeName == nil: typeName = try scanner.string()
            case "shape" where shape == nil: shape = try scanner.integers(atMost: mostDimensions)
            case "data_offsets" where offsets == nil: offsets = try scanner.integers(atMost: mostDimensions)
            case "dtype", "shape", "data_offsets":
                throw scanner.problem("duplicate", "“\(key)” occurs twice")
            default:
                throw scanner.problem("unknown-key", "“\(key)” is no key of a tensor")
            }
        }
        guard let typeName, let shape, let offsets else {
            throw scanner.problem("missing-key", "a tensor needs dtype, shape and data_offsets")
        }
        guard let type = ElementType(rawValue: typeName) else {
            throw scanner.problem(
                "type", "the element type is not supported",
                expected: ElementType.allCases.map(\.rawValue).joined(separator: ", "), found: typeName)
        }
        guard offsets.count == 2, offsets[0] <= offsets[1] else {
            throw scanner.problem(
                "offsets", "data_offsets must be a start and an end", expected: "[start, end]", found: "\(offsets)")
        }
        let tensor = TensorDescription(name, type, shape: shape)
        guard let count = tensor.byteCount, count == offsets[1] - offsets[0] else {
            throw scanner.problem(
                "shape", "shape, element type and length disagree",
                expected: tensor.byteCount.map { "\($0) bytes for \(typeName) \(shape)" } ?? "a shape that fits a file",
                found: "\(offsets[1] - offsets[0]) bytes")
        }
        return Entry(tensor: tensor, bytes: offsets[0]..<offsets[1])
    }
}
