import Foundation

/// The folder that all jobs of one run share.
///
/// `jobs/` a note of each job · `runs/` the run · `excluded-nodes` a node to avoid and the reason, a line each ·
/// `kill-switch` made by the user · `launch.sh` the script that was submitted · the jobs' logs.
public struct LaunchFolder: Sendable, Equatable {
    public let path: String

    public init(_ path: String) { self.path = path }

    public var name: String { URL(fileURLWithPath: path).lastPathComponent }
    public var jobs: String { path + "/jobs" }
    public var runs: String { path + "/runs" }
    public var excludedNodes: String { path + "/excluded-nodes" }
    public var killSwitch: String { path + "/kill-switch" }
    public var script: String { path + "/launch.sh" }

    /// Whether a run was launched here, or its script was put here to be.
    public var isThere: Bool {
        [script, jobs].contains { FileManager.default.fileExists(atPath: $0) }
    }

    /// The nodes that jobs are to avoid, in the order of the file.
    public func nodesToAvoid() -> [String] {
        let text = FileManager.default.contents(atPath: excludedNodes).map { String(decoding: $0, as: UTF8.self) } ?? ""
        var nodes: [String] = []
        for line in text.split(separator: "\n") {
            guard let node = line.split(separator: " ").first.map(String.init), !nodes.contains(node) else { continue }
            nodes.append(node)
        }
        return nodes
    }

    /// What the jobs noted, in the order of their ids and restarts.
    public func notes() -> [JobNote] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: jobs)) ?? []
        let notes = names.compactMap { name -> JobNote? in
            guard let data = FileManager.default.contents(atPath: jobs + "/" + name) else { return nil }
            return JobNote(name: name, text: String(decoding: data, as: UTF8.self))
        }
        return notes.sorted { ($0.job, $0.restart) < ($1.job, $1.restart) }
    }

    /// The launch folders under `parent`; the one whose last job began last comes last.
    public static func all(under parent: String) -> [LaunchFolder] {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: parent)) ?? []).sorted()
        let folders = names.map { LaunchFolder(parent + "/" + $0) }.filter(\.isThere)
        return folders.map { ($0, $0.notes().compactMap(\.began).max() ?? 0) }.sorted {
            ($0.1, $0.0.path) < ($1.1, $1.0.path)
        }
        .map(\.0)
    }
}
