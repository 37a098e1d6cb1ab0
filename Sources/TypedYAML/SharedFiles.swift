import Diagnostics
import Foundation

/// Finds the files that come with Serre (recipes, cluster profiles), wherever it is installed.
///
/// Places, in order: the folder named by `SERRE_SHARE`; `share/serre` beside the executable's folder; the root of the
/// source tree that holds the executable; the one that holds the current folder.
public struct SharedFiles: Sendable {
    /// A kind of shared file, one folder each.
    public enum Collection: Sendable {
        case recipes, clusterProfiles, scenarios, suites, corpus, corpora, measurements

        var folders: [String] {
            switch self {
            // Under share/serre, and in the source tree.
            case .recipes: ["recipes", "fixtures/recipes"]
            case .clusterProfiles: ["cluster-profiles"]
            case .scenarios: ["scenarios"]
            case .suites: ["suites"]
            case .corpus: ["corpus", "fixtures/corpus"]
            case .corpora: ["corpora", "fixtures/corpora"]
            case .measurements: ["measurements", "fixtures/measurements"]
            }
        }
    }

    private let roots: [String]

    /// Looks from this process's environment, executable and current folder.
    public init() {
        let files = FileManager.default
        self.init(
            share: ProcessInfo.processInfo.environment["SERRE_SHARE"],
            executable: (try? files.destinationOfSymbolicLink(atPath: "/proc/self/exe"))
                ?? Bundle.main.executablePath ?? "",
            currentFolder: files.currentDirectoryPath)
    }

    init(share: String?, executable: String, currentFolder: String) {
        let folder = URL(fileURLWithPath: executable).deletingLastPathComponent()
        var roots = [share.flatMap { $0.isEmpty ? nil : $0 }]
        roots.append(folder.deletingLastPathComponent().appendingPathComponent("share/serre").path)
        roots.append(Self.sourceRoot(above: folder))
        roots.append(Self.sourceRoot(above: URL(fileURLWithPath: currentFolder)))
        self.roots = roots.compactMap(\.self)
    }

    /// The path of the shared file `name`.yaml, or `nil` if there is none.
    public func path(of name: String, in collection: Collection) -> String? {
        guard !name.isEmpty, !name.contains("/"), let folder = folder(of: collection) else { return nil }
        let path = "\(folder)/\(name).yaml"
        return FileManager.default.fileExists(atPath: path) ? path : nil
    }

    /// The names of all shared files of a kind, without `.yaml`, sorted.
    public func names(in collection: Collection) -> [String] {
        guard let folder = folder(of: collection),
            let entries = try? FileManager.default.contentsOfDirectory(atPath: folder)
        else { return [] }
        return entries.filter { $0.hasSuffix(".yaml") && !$0.hasPrefix(".") }.map { String($0.dropLast(5)) }.sorted()
    }

    /// The file that a command-line argument means: a path, or the name of a shared file.
    ///
    /// An argument with a `/` or ending in `.yaml` or `.yml` is a path. Throws `<subject>.not-found`, naming the known
    /// names.
    public func resolve(
        _ nameOrPath: String, in collection: Collection, subject: String
    ) throws(Diagnostic) -> String {
        let isPath = nameOrPath.contains("/") || nameOrPath.hasSuffix(".yaml") || nameOrPath.hasSuffix(".yml")
        if !isPath, let path = path(of: nameOrPath, in: collection) { return path }
        var isFolder: ObjCBool = false
        if FileManager.default.fileExists(atPath: nameOrPath, isDirectory: &isFolder), !isFolder.boolValue {
            return nameOrPath
        }
        let names = names(in: collection)
        let near = nearestWord(to: nameOrPath, among: names).map { "did you mean \($0)?" }
        let known = names.isEmpty ? "a file" : "a file, or one of \(names.joined(separator: ", "))"
        throw Diagnostic(
            "\(subject).not-found",
            isPath
                ? (isFolder.boolValue ? "this is a folder, not a file" : "there is no such file")
                : "there is no such \(subject)",
            at: isPath ? .init(file: nameOrPath) : nil, expected: isPath ? nil : known,
            found: isPath ? nil : "\"\(nameOrPath)\"",
            remedy: near ?? (names.isEmpty ? "set SERRE_SHARE to the folder that holds Serre's shared files" : nil))
    }

    /// The folder that holds the shared files of a kind, or `nil` if it is not there.
    public func folder(of collection: Collection) -> String? {
        for root in roots {
            for folder in collection.folders {
                var isFolder: ObjCBool = false
                let path = "\(root)/\(folder)"
                if FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), isFolder.boolValue {
                    return path
                }
            }
        }
        return nil
    }

    /// The nearest folder, at or above the given one, that is a source tree of Serre.
    private static func sourceRoot(above folder: URL) -> String? {
        var folder = folder.standardizedFileURL
        // A bound, in case the parent of the root is not the root.
        for _ in 0..<64 {
            let path = folder.path
            let files = FileManager.default
            if files.fileExists(atPath: path + "/Package.swift"), files.fileExists(atPath: path + "/fixtures/recipes") {
                return path
            }
            guard path != "/" else { return nil }
            folder.deleteLastPathComponent()
        }
        return nil
    }
}
