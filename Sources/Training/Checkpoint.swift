import Diagnostics
import Foundation
import Integrity
import Interchange
import Numerics
import Programs
import Recipes

/// A complete checkpoint on disk, verified when it is opened and readable on any layout.
public struct Checkpoint {
    public let folder: String
    public let index: CheckpointIndex
    private let files: [SafetensorsFile]
    /// Where the pieces of each tensor are: (file, piece), in order of their first element.
    private let places: [String: [Place]]

    private struct Place {
        var file: Int
        var piece: CheckpointIndex.Piece
        var end: Int { piece.begin + piece.count }
    }

    /// Opens a checkpoint and checks every file against its recorded length and, unless `verified` is false, its digest.
    public init(
        _ folder: String, on disk: any FileSystem = SystemFiles(), verified: Bool = true
    ) throws(Diagnostic) {
        self.folder = folder
        index = try CheckpointIndex.read(folder, on: disk)
        var files: [SafetensorsFile] = []
        var places: [String: [Place]] = [:]
        for (number, entry) in index.files.enumerated() {
            let path = folder + "/" + entry.name
            try Self.checkLength(path, entry, disk)
            let file = try SafetensorsFile(path: path, on: disk)
            if verified { try Self.checkDigest(file, entry) }
            for piece in entry.pieces {
                try file.require(.init(piece.key, .float32, shape: [piece.count]))
                places["\(piece.tensor)/\(piece.parameter)", default: []].append(Place(file: number, piece: piece))
            }
            files.append(file)
        }
        self.files = files
        self.places = places.mapValues { $0.sorted { $0.piece.begin < $1.piece.begin } }
    }

    /// Compares every `stride`-th file, from the one numbered `first` on, with its digest.
    ///
    /// With the processes' numbers and their count, each reads its share of them.
    public func verify(from first: Int = 0, stride: Int = 1) throws(Diagnostic) {
        for number in Swift.stride(from: first, to: files.count, by: stride) {
            try Self.checkDigest(files[number], index.files[number])
        }
    }

    private static func checkDigest(_ file: SafetensorsFile, _ entry: CheckpointIndex.File) throws(Diagnostic) {
        let found = file.digest().description
        guard found == entry.sha256 else {
            throw Diagnostic(
                "checkpoint.altered", "the file is not the one that was saved", at: .init(file: file.path),
                expected: entry.sha256, found: found, remedy: "resume from an earlier checkpoint")
        }
    }

    private static func checkLength(
        _ path: String, _ entry: CheckpointIndex.File, _ disk: any FileSystem
    ) throws(Diagnostic) {
        let found = disk.size(of: path)
        guard found == entry.bytes else {
            throw Diagnostic(
                "checkpoint.truncated", "the checkpoint's file is missing or has the wrong length",
                at: .init(file: path), expected: "\(entry.bytes) bytes",
                found: found.map { "\($0) bytes" } ?? "no file",
                remedy: "resume from an earlier checkpoint")
        }
    }

    /// Throws unless the checkpoint's model and contract are the recipe's.
    public func check(against recipe: Recipe) throws(Diagnostic) {
        let expected = ModelParameters(recipe.model).all.map {
            CheckpointIndex.Parameter(name: $0.name, rows: $0.rows, columns: $0.columns)
        }
        if let difference = zip(expected, index.parameters).first(where: { $0 != $1 }) {
            throw Diagnostic(
                "checkpoint.model", "the checkpoint is of another model: \(difference.1.name)", at: .init(file: folder),
                expected: "\(difference.0.rows) × \(difference.0.columns)",
                found: "\(difference.1.rows) × \(difference.1.columns)")
        }
        guard expected.count == index.parameters.count else {
            throw Diagnostic(
                "checkpoint.model", "the checkpoint is of another model", at: .init(file: folder),
                expected: "\(expected.count) parameters", found: "\(index.parameters.count)")
        }
        guard index.numerics == recipe.numerics.rawValue else {
            throw Diagnostic(
                "checkpoint.numerics", "the checkpoint was made under another arithmetic contract",
                at: .init(file: folder), expected: recipe.numerics.rawValue, found: index.numerics,
                remedy: "name the same numerics as the run that saved it")
        }
        guard index.recipeDigest == recipe.resultDigest.description else {
            throw Diagnostic(
                "checkpoint.recipe", "the recipe is not the one that the checkpoint was trained with",
                at: .init(file: folder), expected: index.recipeDigest, found: recipe.resultDigest.description,
                remedy: "undo the change to the run's recipe.yaml, or start a new run")
        }
    }

    /// Throws when going on with this checkpoint on the recipe's layout could not keep the contract's promise.
    public func checkLayout(_ recipe: Recipe) throws(Diagnostic) {
        guard recipe.numerics == .blas, index.layout != recipe.layout.description else { return }
        throw Diagnostic(
            "checkpoint.layout", "numerics blas repeats a run on one layout only", at: .init(file: folder),
            expected: index.layout, found: recipe.layout.description,
            remedy: "resume on the same layout, or train with numerics exact-1")
    }

    /// Fills the state of every local rank.
    public func load(into executor: Executor) throws(Diagnostic) {
        try executor.load { (parameter, tensor, elements, place) throws(Diagnostic) in
            try read(parameter.name, tensor, elements, into: place)
        }
    }

    /// All values of one parameter (or of one of its moments), row-major as Serre stores it.
    ///
    /// Throws when the checkpoint has no such parameter or lacks elements of it.
    public func values(
        of parameter: String, _ tensor: StateTensor = .parameters
    ) throws(Diagnostic) -> [Float] {
        guard let shape = index.parameters.first(where: { $0.name == parameter }) else {
            let names = index.parameters.map { $0.name }
            throw Diagnostic(
                "checkpoint.parameter", "the checkpoint has no such parameter",
                at: .init(file: folder, key: parameter),
                remedy: nearestWord(to: parameter, among: names).map { "did you mean “\($0)”?" })
        }
        var values = [Float](repeating: 0, count: shape.rows * shape.columns)
        var failure: Diagnostic?
        values.withUnsafeMutableBufferPointer { buffer in
            guard let place = buffer.baseAddress else { return }
            do throws(Diagnostic) {
                try read(parameter, tensor, 0..<buffer.count, into: place)
            } catch {
                failure = error
            }
        }
        if let failure { throw failure }
        return values
    }

    private func read(
        _ parameter: String, _ tensor: StateTensor, _ elements: Range<Int>, into place: UnsafeMutablePointer<Float>
    ) throws(Diagnostic) {
        var next = elements.lowerBound
        for held in places["\(tensor.rawValue)/\(parameter)"] ?? [] where held.end > next && next < elements.upperBound
        {
            guard held.piece.begin <= next else { break }
            let count = min(held.end, elements.upperBound) - next
            let memory = UnsafeMutableRawBufferPointer(
                start: place + (next - elements.lowerBound), count: 4 * count)
            try files[held.file].copy(held.piece.key, from: 4 * (next - held.piece.begin), into: memory)
            next += count
        }
        guard next == elements.upperBound else {
            throw Diagnostic(
                "checkpoint.incomplete", "the checkpoint lacks elements of \(parameter)", at: .init(file: folder),
                expected: "elements up to \(elements.upperBound)", found: "up to \(next)",
                remedy: "resume from an earlier checkpoint")
        }
    }
}
