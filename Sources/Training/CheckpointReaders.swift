import Diagnostics
import Foundation
import Integrity

/// The processes that open a checkpoint together: each compares its share of the files with their digests, and all hear of
/// what any of them finds.
///
/// So a checkpoint is read once for its digests, however many processes go on with it.
public struct CheckpointReaders {
    /// This process, and how many there are.
    public var process: Int
    public var count: Int
    /// Every process's bytes, in order of their numbers, on every process.
    private let gather: ([UInt8]) throws(Diagnostic) -> [[UInt8]]

    public init(process: Int, count: Int, gather: @escaping ([UInt8]) throws(Diagnostic) -> [[UInt8]]) {
        (self.process, self.count, self.gather) = (process, count, gather)
    }

    /// One process that reads everything itself.
    public static var alone: CheckpointReaders { CheckpointReaders(process: 0, count: 1) { [$0] } }

    /// The first process's numbers, on every process: what a shared disk shows may differ for a moment.
    func agreed(_ numbers: [Int]) throws(Diagnostic) -> [Int] {
        let text = numbers.map { "\($0)" }.joined(separator: " ")
        let first = try gather(Array(text.utf8))[0]
        return String(decoding: first, as: UTF8.self).split(separator: " ").compactMap { Int($0) }
    }

    /// The checkpoint in a folder, whole; or the first fault that any process has found, which all throw.
    public func open(_ folder: String, on disk: any FileSystem = SystemFiles()) throws(Diagnostic) -> Checkpoint {
        var opened: Checkpoint?
        var own: Diagnostic?
        var reply: [String]
        do throws(Diagnostic) {
            let checkpoint = try Checkpoint(folder, on: disk, verified: false)
            try checkpoint.verify(from: process, stride: count)
            reply = [Self.whole, checkpoint.index.stateDigest]
            opened = checkpoint
        } catch {
            own = error
            reply = [Self.faulty] + error.words
        }
        let replies = try gather(Array(reply.joined(separator: Self.separator).utf8)).map {
            String(decoding: $0, as: UTF8.self).components(separatedBy: Self.separator)
        }
        if let bad = replies.firstIndex(where: { $0[0] != Self.whole }) {
            if bad == process, let own { throw own }
            throw Diagnostic(words: replies[bad].dropFirst())
        }
        guard let opened, replies.allSatisfy({ $0 == replies[0] }) else {
            throw Diagnostic(
                "checkpoint.disagreement", "the processes see different checkpoints of one name",
                at: .init(file: folder),
                remedy: "see that all nodes have the same folder, and no other run writes to it", kind: .failure)
        }
        return opened
    }

    private static let whole = "whole"
    private static let faulty = "faulty"
    private static let separator = "\u{0}"
}

extension Diagnostic {
    /// The parts of it that another process shows.
    fileprivate var words: [String] {
        [
            code, message, location?.file ?? "", location?.key ?? "", expected ?? "", found ?? "", remedy ?? "",
            kind == .failure ? "failure" : "",
        ]
    }

    fileprivate init(words: ArraySlice<String>) {
        let words = Array(words)
        func word(_ number: Int) -> String? { number < words.count && !words[number].isEmpty ? words[number] : nil }
        self.init(
            word(0) ?? "checkpoint.unreadable", word(1) ?? "another process cannot read the checkpoint",
            at: word(2).map { Location(file: $0, key: word(3)) }, expected: word(4), found: word(5), remedy: word(6),
            kind: word(7) == nil ? .badInput : .failure)
    }
}
