import Diagnostics
import Foundation
import Integrity

/// Folders of text files.
extension SourceReader {
    /// Cuts a folder into units of whole files, by their number and size.
    func folderUnits(_ folder: TextFolder) throws(Diagnostic) -> [WorkUnit] {
        let endings = folder.extensions.flatMap { ending in ["." + ending] + compressedEndings.map { ".\(ending)\($0)" }
        }
        let walk = try FileWalk(root: folder.path, passingOver: passedOver) { path in
            endings.contains { path.hasSuffix($0) }
        }
        var units = [WorkUnit]()
        var cutter = FolderCutter(limits: limits)
        try walk.visit { (found) throws(Diagnostic) in
            switch found {
            case .skip(let skipped): cutter.list.append(skipped)
            case .file(let path, let status):
                if source.language == nil { try checkLanguageFolder(of: path, in: folder) }
                let file = InputFile(path: "\(walk.root)/\(path)", place: path, status: status)
                if let unit = cutter.add(file) { units.append(unit) }
            }
        }
        if let unit = cutter.finish() { units.append(unit) }
        return units
    }

    private func checkLanguageFolder(of path: String, in folder: TextFolder) throws(Diagnostic) {
        guard let code = languageFolder(of: path) else {
            throw Diagnostic(
                "ingestion.bad-language", "the file is in no language's folder",
                at: .init(file: "\(folder.path)/\(path)"), expected: "\(folder.path)/<language>/\(path)",
                remedy: "move it, or give the language of the whole folder")
        }
        guard LanguageCode.isValid(code) else {
            throw Diagnostic(
                "ingestion.bad-language", "the folder's name is not a language code",
                at: .init(file: "\(folder.path)/\(code)"), expected: "a code such as fr, pt-BR or zh", found: code,
                remedy: "rename it, or give the language of the whole folder")
        }
    }

    /// The first folder of a path.
    private func languageFolder(of path: String) -> String? {
        path.firstIndex(of: "/").map { String(path[..<$0]) }
    }

    /// Reads the files of a unit.
    func readFiles(_ list: PathList, _ folder: TextFolder, _ body: ItemBody) throws(Diagnostic) {
        let root = realPath(folder.path) ?? folder.path
        try list.forEach { (element) throws(Diagnostic) in
            switch element {
            case .skip(let skipped): try body(.skip(skipped))
            case .path(let path):
                let language = source.language ?? languageFolder(of: path)
                let document = DocumentFile(place: path, language: language, format: folder.format)
                try read(document, body) { () throws(InputProblem) in
                    let file = try FileInput("\(root)/\(path)")
                    return (try expanded(file, name: path), file.size)
                }
            }
        }
    }
}

/// Gathers files until they make a unit.
private struct FolderCutter {
    let limits: IngestionLimits
    var list = PathList()
    private var bytes = 0
    private var first: String?
    private var stamp = SHA256.digest(of: [UInt8]())

    init(limits: IngestionLimits) { self.limits = limits }

    /// Takes a file; gives the unit that is full without it.
    mutating func add(_ file: InputFile) -> WorkUnit? {
        let isFull = list.count > 0 && (list.count >= limits.unitFiles || bytes &+ file.size > limits.unitBytes)
        let full = isFull ? finish() : nil
        list.append(file.place)
        first = first ?? file.place
        bytes &+= file.size
        stamp = file.stamp(after: stamp)
        return full
    }

    /// The unit of what has been gathered, if that is anything.
    mutating func finish() -> WorkUnit? {
        guard !list.isEmpty else { return nil }
        let unit = WorkUnit(
            id: "\(first ?? "")+\(list.count)", bytes: bytes, stamp: stamp, content: .files(list))
        self = FolderCutter(limits: limits)
        return unit
    }
}
