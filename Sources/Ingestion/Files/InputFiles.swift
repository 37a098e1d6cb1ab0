import Diagnostics
import Foundation

/// The files that a source's paths name, in reading order, with what was skipped among them.
struct InputFiles {
    enum Found {
        case file(InputFile)
        case skip(SkippedInput)
    }

    private(set) var found: [Found] = []
    private var places: [String: String] = [:]

    /// Takes files as they are and looks through folders for those that `isWanted`.
    ///
    /// A file is called by its name, one in a folder by its path below it. Throws `ingestion.source-missing`, and
    /// `ingestion.same-name` where two files would be called alike.
    init(
        _ paths: [String], passingOver passedOver: Set<String> = [], isWanted: @escaping (String) -> Bool
    ) throws(Diagnostic) {
        for path in paths {
            guard let status = fileStatus(path) else { throw InputFiles.missing(path) }
            if status.isFolder {
                let walk = try FileWalk(root: path, passingOver: passedOver, isWanted: isWanted)
                try walk.visit { (entry) throws(Diagnostic) in
                    switch entry {
                    case .skip(let skipped): found.append(.skip(skipped))
                    case .file(let below, let status):
                        try add(InputFile(path: "\(walk.root)/\(below)", place: below, status: status))
                    }
                }
            } else {
                guard status.isRegular else { throw InputFiles.missing(path) }
                try add(InputFile(path: path, place: InputFiles.name(of: path), status: status))
            }
        }
    }

    private mutating func add(_ file: InputFile) throws(Diagnostic) {
        if let other = places.updateValue(file.path, forKey: file.place) {
            throw Diagnostic(
                "ingestion.same-name", "two files of the source would be called \(file.place)",
                at: .init(file: file.path), found: other, remedy: "name the folder above both, or make two sources")
        }
        found.append(.file(file))
    }

    private static func name(of path: String) -> String {
        path.split(separator: "/").last.map(String.init) ?? path
    }

    private static func missing(_ path: String) -> Diagnostic {
        Diagnostic(
            "ingestion.source-missing", "there is no such file or folder", at: .init(file: path),
            remedy: "correct the path, which is taken from the folder that the program runs in")
    }
}
