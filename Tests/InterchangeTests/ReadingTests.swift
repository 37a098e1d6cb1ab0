import Diagnostics
import Foundation
import Interchange
import Testing

@Suite struct ReadingTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    /// A file that the reference implementation wrote, with every element type that we know.
    static let reference = URL(fileURLWithPath: #filePath).deletingLastPathComponent()
        .appending(path: "../../fixtures/interchange/tiny.safetensors").standardized.path

    @Test func readsWhatTheReferenceImplementationWrote() throws {
        let file = try SafetensorsFile(path: Self.reference)
        #expect(file.metadata == ["format": "pt", "langue": "français\t✓"])
        #expect(file.tensors.count == 9)
        #expect(try file.tensor("empty") == .init("empty", .float32, shape: [0, 4]))
        #expect(try elements("weight", Float.self, file) == [0, 1, -1, 0.5, .leastNonzeroMagnitude, 3e38])
        #expect(try elements("half", Float16.self, file) == [1.5, -2])
        #expect(try elements("brain", UInt16.self, file) == [0x3F80, 0xC000])
        #expect(try elements("double", Double.self, file) == [1.0 / 3])
        #expect(try elements("step", Int64.self, file) == [-7])
        #expect(try elements("index", Int32.self, file) == [1, -2, 3])
        #expect(try elements("bytes", UInt8.self, file) == [0, 1, 2, 254, 255])
        #expect(try elements("étrange \"nom\"\n", UInt8.self, file) == [UInt8(ascii: "!")])
        try file.require(.init("weight", .float32, shape: [2, 3]))
    }

    private func elements<Element: BitwiseCopyable>(
        _ name: String, _ type: Element.Type, _ file: SafetensorsFile
    ) throws -> [Element] {
        try file.withBytes(of: name) { (bytes) throws(Diagnostic) in
            stride(from: 0, to: bytes.count, by: MemoryLayout<Element>.size).map {
                bytes.loadUnaligned(fromByteOffset: $0, as: type)
            }
        }
    }

    @Test func partsOfATensorAreCopied() throws {
        let file = try SafetensorsFile(path: Self.reference)
        var part = [UInt8](repeating: 9, count: 3)
        try part.withUnsafeMutableBytes { try file.copy("bytes", from: 2, into: $0) }
        #expect(part == [2, 254, 255])
        for offset in [-1, 3, 6, Int.max] {
            let error = #expect(throws: Diagnostic.self) {
                try part.withUnsafeMutableBytes { try file.copy("bytes", from: offset, into: $0) }
            }
            #expect(error?.code == "safetensors.range" && error?.location?.key == "bytes")
        }
    }

    @Test func aMissingTensorAndAnotherShapeAreNamed() throws {
        let file = try SafetensorsFile(path: Self.reference)
        let missing = #expect(throws: Diagnostic.self) { try file.tensor("wieght") }
        #expect(missing?.remedy == "did you mean “weight”?" && missing?.location?.file == Self.reference)
        #expect(throws: Diagnostic.self) { try file.digest(of: "no") }
        let shape = #expect(throws: Diagnostic.self) { try file.require(.init("weight", .float32, shape: [3, 2])) }
        #expect(shape?.expected == "F32 [3, 2]" && shape?.found == "F32 [2, 3]")
    }

    static let one = #"{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#

    /// (the JSON, bytes of data, the code of the error, the tensor that it names)
    static let unsound: [(String, Int, String, String?)] = [
        (one, 3, "truncated", "w"), (one, 5, "hole", nil), ("{}", 1, "hole", nil),
        (#"{"w":{"dtype":"U8","shape":[4],"data_offsets":[1,5]}}"#, 5, "hole", "w"),
        (pair(0, 4, 3, 7), 7, "overlap", "x"), (pair(0, 4, 0, 4), 4, "overlap", "x"),
        (pair(0, 4, 5, 9), 9, "hole", "x"),
        (#"{"w":{"dtype":"U8","shape":[5],"data_offsets":[0,4]}}"#, 4, "shape", "w"),
        (#"{"w":{"dtype":"F32","shape":[4],"data_offsets":[0,4]}}"#, 4, "shape", "w"),
        (#"{"w":{"dtype":"U8","shape":[4294967296,4294967296],"data_offsets":[0,0]}}"#, 0, "shape", "w"),
        (#"{"w":{"dtype":"U8","shape":[4],"data_offsets":[4,0]}}"#, 4, "offsets", "w"),
        (#"{"w":{"dtype":"U8","shape":[4],"data_offsets":[0,4,8]}}"#, 4, "offsets", "w"),
        (#"{"w":{"dtype":"F8","shape":[4],"data_offsets":[0,4]}}"#, 4, "type", "w"),
        (#"{"w":{"dtype":"U8","shape":[4]}}"#, 4, "missing-key", "w"), (#"{"w":{}}"#, 4, "missing-key", "w"),
        (#"{"w":{"dtype":"U8","size":[4],"data_offsets":[0,4]}}"#, 4, "unknown-key", "w"),
        (#"{"w":{"dtype":"U8","dtype":"U8","shape":[4],"data_offsets":[0,4]}}"#, 4, "duplicate", "w"),
        ("{" + one.dropFirst().dropLast() + "," + one.dropFirst(), 4, "duplicate", "w"),
        (#"{"__metadata__":{"a":"1","a":"2"}}"#, 0, "duplicate", "__metadata__"),
        (#"{"__metadata__":{"a":1}}"#, 0, "header", "__metadata__"), (#"{"w":null}"#, 0, "header", "w"),
        (#"{"w":{"dtype":"U8","shape":[-4],"data_offsets":[0,4]}}"#, 4, "header", "w"),
        (#"{"w":{"dtype":"U8","shape":[4.0],"data_offsets":[0,4]}}"#, 4, "header", "w"),
        (#"{"w":{"dtype":"U8","shape":[04],"data_offsets":[0,4]}}"#, 4, "header", "w"),
        (#"{"w":{"dtype":"U8","shape":[99999999999999999999],"data_offsets":[0,4]}}"#, 4, "header", "w"),
        ("", 0, "header", nil), ("[]", 0, "header", nil), ("{", 0, "header", nil), ("{}x", 0, "header", nil),
        ("{\"a", 0, "header", nil), (#"{"\ud800":{}}"#, 0, "header", nil), (#"{"\q":{}}"#, 0, "header", nil),
        (#"{"\u12G4":{}}"#, 0, "header", nil), ("{\"a\nb\":{}}", 0, "header", nil),
        (#"{"w":{},}"#, 0, "missing-key", "w"),
        (String(repeating: "[", count: 100_000), 0, "header", nil),
    ]

    private static func pair(_ a: Int, _ b: Int, _ c: Int, _ d: Int) -> String {
        #"{"x":{"dtype":"U8","shape":[\#(d - c)],"data_offsets":[\#(c),\#(d)]},"#
            + #""w":{"dtype":"U8","shape":[\#(b - a)],"data_offsets":[\#(a),\#(b)]}}"#
    }

    @Test(arguments: unsound)
    func unsoundHeadersAreRefused(json: String, dataCount: Int, code: String, tensor: String?) throws {
        let path = try folder.put(fileBytes(json, dataCount: dataCount))
        let error = #expect(throws: Diagnostic.self) { try SafetensorsFile(path: path) }
        #expect(error?.code == "safetensors." + code)
        #expect(error?.location == .init(file: path, key: tensor))
        #expect(error?.exitStatus == 2)
    }

    @Test func soundButUnusualHeadersAreRead() throws {
        let json =
            " {\n\"\\u0077\\ud83d\\ude00\" : { \"shape\":[ 2 , 2 ],\"data_offsets\":[0 ,4],\"dtype\":\"U8\" } , "
            + "\"e\":{\"dtype\":\"I64\",\"shape\":[0,18446744],\"data_offsets\":[4,4]} }\t "
        let file = try SafetensorsFile(path: folder.put(fileBytes(json, dataCount: 4)))
        #expect(file.tensors == [.init("w😀", .uint8, shape: [2, 2]), .init("e", .int64, shape: [0, 18_446_744])])
    }

    @Test func bytesThatAreNoUTF8AreRefused() throws {
        var bytes = fileBytes(Self.one, dataCount: 4)
        bytes[10] = 0xFF
        let error = #expect(throws: Diagnostic.self) { try SafetensorsFile(path: folder.put(bytes)) }
        #expect(error?.code == "safetensors.header")
    }

    @Test func shortFilesAndWrongLengthsAreRefused() throws {
        let whole = fileBytes(Self.one, dataCount: 4)
        for count in 0..<whole.count {
            let error = #expect(throws: Diagnostic.self) {
                try SafetensorsFile(path: folder.put(Array(whole[..<count])))
            }
            #expect(error?.code == "safetensors.truncated", "\(count) bytes")
        }
        let huge = [UInt8](repeating: 0xFF, count: 8) + whole.dropFirst(8)
        let error = #expect(throws: Diagnostic.self) { try SafetensorsFile(path: folder.put(huge)) }
        #expect(error?.code == "safetensors.header-size")
    }

    @Test func whatIsNoFileIsRefused() throws {
        let missing = #expect(throws: Diagnostic.self) { try SafetensorsFile(path: folder.file("none")) }
        #expect(missing?.code == "safetensors.open" && missing?.location?.file == folder.file("none"))
        let directory = #expect(throws: Diagnostic.self) { try SafetensorsFile(path: folder.path) }
        #expect(directory?.message.contains("not a regular file") == true)
    }

    /// 2,000 damaged copies of the reference file: each is refused by name or can be read from end to end.
    @Test func noCorruptionCrashes() throws {
        let original = try bytes(ofFile: Self.reference)
        let headerEnd = 8 + Int(original[0]) + Int(original[1]) << 8
        var random = Seeded(2026)
        var refused = 0
        for round in 0..<2000 {
            var bytes = original
            for _ in 0...Int.random(in: 0..<4, using: &random) {
                // Most damage goes where it can matter most: the length and the header.
                let place = Int.random(
                    in: 0..<(round % 4 == 0 ? bytes.count : min(headerEnd, bytes.count)), using: &random)
                switch Int.random(in: 0..<6, using: &random) {
                case 0: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
                case 1: bytes[place] = UInt8.random(in: .min ... .max, using: &random)
                case 2: bytes.remove(at: place)
                case 3: bytes.insert(Array("0123456789{}[]\",:\\".utf8).randomElement(using: &random) ?? 0, at: place)
                case 4: bytes.removeLast(min(bytes.count - 1, Int.random(in: 1..<40, using: &random)))
                default:
                    bytes[Int.random(in: 0..<min(8, bytes.count), using: &random)] = UInt8.random(
                        in: 0...255, using: &random)
                }
            }
            let path = try folder.put(bytes)
            do throws(Diagnostic) {
                let file = try SafetensorsFile(path: path)
                for tensor in file.tensors {
                    let count = try file.withBytes(of: tensor.name) { (bytes) throws(Diagnostic) in
                        _ = bytes.reduce(0, &+)
                        return bytes.count
                    }
                    #expect(count == tensor.byteCount)
                }
            } catch {
                refused += 1
                #expect(error.location?.file == path && error.code.hasPrefix("safetensors."))
            }
        }
        #expect(refused > 1000)
    }
}
