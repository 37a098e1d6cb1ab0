import Foundation

/// What Linux tells in /proc about processes that a test's own process has started.
enum ProcessTree {
    /// The processes that `parent` has started and that still run, in the order of their ids.
    static func children(of parent: Int32) -> [Int32] {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: "/proc")) ?? []
        return names.compactMap { Int32($0) }.filter { state(of: $0)?.parent == parent }.sorted()
    }

    /// Whether a process runs; one that has ended and that nobody has asked about does not.
    static func isAlive(_ process: Int32) -> Bool { state(of: process).map { $0.letter != "Z" } ?? false }

    private static func state(of process: Int32) -> (letter: Substring, parent: Int32)? {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return nil }
        let fields = text[end...].split(separator: " ")
        guard fields.count > 2, let parent = Int32(fields[2]) else { return nil }
        return (fields[1], parent)
    }
}
