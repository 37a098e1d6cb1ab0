import Diagnostics
import Foundation
import Integrity

/// A safetensors file, mapped into memory and checked from end to end of its header.
///
/// Opening refuses anything unsound (a short file, a header that is not JSON, tensors that overlap, leave gaps or whose
/// shapes disagree with their lengths) with the file and the tensor's name. Contents are covered by digests, which the caller compares.
/// The file must not be changed while it is open.
public final class SafetensorsFile {
    /// The path that was opened.
    public let path: String
    /// Free-form text from the header.
    public let metadata: [String: String]
    /// The tensors, in the order of their data.
    public let tensors: [TensorDescription]

    private let file: MappedFile
    /// Where the tensors' data begin.
    private let dataStart: Int
    /// Each tensor's place in ``tensors``, and its bytes in the data.
    private let places: [String: (index: Int, bytes: Range<Int>)]

    /// Opens and checks the file.
    public convenience init(path: String) throws(Diagnostic) {
        try self.init(MappedFile(path: path, subject: "safetensors"))
    }

    /// Opens and checks a file of any file system.
    public convenience init(path: String, on files: any FileSystem) throws(Diagnostic) {
        let file: MappedFile
        if files is SystemFiles {
            file = try MappedFile(path: path, subject: "safetensors")
        } else if let contents = files.contents(of: path) {
            file = MappedFile(path: path, contents: contents)
        } else {
            throw Diagnostic("safetensors.open", "cannot read the file", at: .init(file: path))
        }
        try self.init(file)
    }

    private init(_ file: MappedFile) throws(Diagnostic) {
        path = file.path
        let path = file.path
        self.file = file
        let (header, dataStart) = try file.withBytes { (bytes) throws(Diagnostic) in
            try SafetensorsHeader.read(file: bytes, path: path)
        }
        self.dataStart = dataStart
        metadata = header.metadata
        tensors = header.entries.map(\.tensor)
        places = Dictionary(
            uniqueKeysWithValues: header.entries.enumerated().map { ($1.tensor.name, (index: $0, bytes: $1.bytes)) })
    }

    /// The description of a tensor; throws, with the nearest name there is, when the file has none of that name.
    public func tensor(_ name: String) throws(Diagnostic) -> TensorDescription {
        if let place = places[name] { return tensors[place.index] }
        let suggestion = nearestWord(to: name, among: tensors.map(\.name))
        throw Diagnostic(
            "safetensors.no-tensor", "the file has no such tensor", at: .init(file: path, key: name),
            remedy: suggestion.map { "did you mean “\($0)”?" })
    }

    /// Checks that a tensor has the type and shape that the caller expects.
    public func require(_ expected: TensorDescription) throws(Diagnostic) {
        let found = try tensor(expected.name)
        guard found == expected else {
            throw Diagnostic(
                "safetensors.mismatch", "the tensor is not what the model needs",
                at: .init(file: path, key: found.name),
                expected: "\(expected.type.rawValue) \(expected.shape)", found: "\(found.type.rawValue) \(found.shape)")
        }
    }

    /// Reads a tensor's bytes in place; the pointer is good only inside `body` and may be unaligned.
    public func withBytes<Result>(
        of name: String, _ body: (UnsafeRawBufferPointer) throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        guard let place = places[name]?.bytes else {
            _ = try tensor(name)
            return try body(UnsafeRawBufferPointer(start: nil, count: 0))
        }
        return try file.withBytes { (bytes) throws(Diagnostic) in
            let data = bytes[(dataStart + place.lowerBound)..<(dataStart + place.upperBound)]
            return try body(UnsafeRawBufferPointer(rebasing: data))
        }
    }

    /// Copies `memory.count` bytes of a tensor, from byte `offset` of it on.
    public func copy(
        _ name: String, from offset: Int = 0, into memory: UnsafeMutableRawBufferPointer
    ) throws(Diagnostic) {
        try withBytes(of: name) { (bytes) throws(Diagnostic) in
            guard offset >= 0, offset <= bytes.count, memory.count <= bytes.count - offset else {
                throw Diagnostic(
                    "safetensors.range", "the tensor is shorter than what is read", at: .init(file: path, key: name),
                    expected: "\(offset) + \(memory.count) bytes", found: "\(bytes.count)")
            }
            memory.copyMemory(from: UnsafeRawBufferPointer(rebasing: bytes[offset..<offset + memory.count]))
        }
    }

    /// The digest of a tensor's data.
    public func digest(of name: String) throws(Diagnostic) -> Digest {
        try withBytes(of: name) { (bytes) throws(Diagnostic) in SHA256.digest(of: bytes) }
    }

    /// The digest of the whole file.
    public func digest() -> Digest { file.withBytes { SHA256.digest(of: $0) } }
}
