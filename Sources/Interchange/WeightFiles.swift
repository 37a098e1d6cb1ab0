import Diagnostics
import Foundation
import Integrity

/// The tensors of a model's folder: one `model.safetensors`, or several files with `model.safetensors.index.json`.
///
/// Opening checks every file's header, and that index and files agree: each tensor is in the file that the index names,
/// no file has others, and the total is right. A folder with both forms is read as one file, as `transformers` does.
public final class WeightFiles {
    /// The name of weights in one file.
    public static let fileName = "model.safetensors"
    public static let indexName = fileName + ".index.json"

    /// The folder that was opened.
    public let folder: String
    /// Of the one file or the index, for messages about the whole.
    public let path: String
    private let files: [SafetensorsFile]
    /// Which of `files` holds a tensor.
    private let places: [String: Int]

    public init(folder: String) throws(Diagnostic) {
        self.folder = folder
        let (whole, index) = (folder + "/" + Self.fileName, folder + "/" + Self.indexName)
        let hasIndex = FileManager.default.fileExists(atPath: index)
        if FileManager.default.fileExists(atPath: whole) || !hasIndex {
            path = whole
            try Self.requireFile(whole, in: folder)
            files = [try SafetensorsFile(path: whole)]
            places = Dictionary(uniqueKeysWithValues: files[0].tensors.map { ($0.name, 0) })
        } else {
            path = index
            (files, places) = try Self.open(index, in: folder)
        }
    }

    private static func requireFile(_ path: String, in folder: String) throws(Diagnostic) {
        guard !FileManager.default.fileExists(atPath: path) else { return }
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        let other = names.sorted().first { $0.hasSuffix(".safetensors") || $0.hasPrefix("pytorch_model") }
        throw Diagnostic(
            "weights.missing", "the folder has no weights that can be read", at: .init(file: folder),
            expected: "\(fileName), or shards with \(indexName)", found: other,
            remedy: "save the model with save_pretrained(…, safe_serialization=True)")
    }

    private static func open(
        _ path: String, in folder: String
    ) throws(Diagnostic) -> (files: [SafetensorsFile], places: [String: Int]) {
        guard let json = FileManager.default.contents(atPath: path) else {
            throw Diagnostic("weights.index", "cannot read the file", at: .init(file: path))
        }
        let index = try WeightIndex(json: json, path: path)
        var files: [SafetensorsFile] = []
        var places: [String: Int] = [:]
        for name in Set(index.files.values).sorted() {
            let file = try SafetensorsFile(path: folder + "/" + name)
            for tensor in file.tensors {
                guard index.files[tensor.name] == name else {
                    throw Diagnostic(
                        "weights.index", "the index does not place this tensor in this file",
                        at: .init(file: file.path, key: tensor.name), expected: name,
                        found: index.files[tensor.name] ?? "no such tensor in \(indexName)")
                }
                places[tensor.name] = files.count
            }
            files.append(file)
        }
        if let missing = index.files.keys.filter({ places[$0] == nil }).min() {
            throw Diagnostic(
                "weights.index", "the file does not hold the tensor that the index places there",
                at: .init(file: folder + "/" + (index.files[missing] ?? ""), key: missing),
                remedy: "fetch or save the model again")
        }
        let total = files.flatMap(\.tensors).reduce(0) { $0 + ($1.byteCount ?? 0) }
        guard index.totalSize ?? total == total else {
            throw Diagnostic(
                "weights.index", "the tensors' bytes are not what the index says",
                at: .init(file: path, key: "metadata.total_size"), expected: "\(total)",
                found: "\(index.totalSize ?? 0)", remedy: "fetch or save the model again")
        }
        return (files, places)
    }

    /// All tensors, file by file in the order of their data.
    public var tensors: [TensorDescription] { files.flatMap(\.tensors) }

    /// The file that holds a tensor; throws, with the nearest name there is, when none does.
    public func file(of name: String) throws(Diagnostic) -> SafetensorsFile {
        if let place = places[name] { return files[place] }
        if files.count == 1 { _ = try files[0].tensor(name) }
        throw Diagnostic(
            "safetensors.no-tensor", "the model has no such tensor", at: .init(file: path, key: name),
            remedy: nearestWord(to: name, among: places.keys.sorted()).map { "did you mean “\($0)”?" })
    }
}
