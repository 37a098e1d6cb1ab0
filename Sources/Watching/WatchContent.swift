import Diagnostics
import Foundation
import Pages
import Synchronization

/// Some runs as they are now, and what has changed of them lately: what a server of them answers with.
///
/// One thread publishes, any number of others ask. What has been put together once for a revision is kept until the next.
public final class WatchContent: Sendable {
    private let state: Mutex<State>
    /// Tells the revisions of this process from those of an earlier one on the same port.
    private let name: String

    private struct State {
        var runs: [PageRun]
        var number = 0
        var published: Date
        /// Of the latest revisions, oldest first: of each run, the index of the first step that was new or differed.
        var changes: [[Int]] = []
        var page: [UInt8]?
        /// News by the revision that they follow.
        var news: [Int: [UInt8]] = [:]
        var metrics: [UInt8]?
    }

    /// How many revisions back somebody may be to be told only what is new.
    static let changesMax = 600
    /// For how many earlier revisions news are kept put together.
    private static let newsMax = 32

    public init(_ runs: [PageRun]) {
        name = String(UInt64.random(in: 0 ... .max), radix: 36)
        state = Mutex(State(runs: runs, published: Date()))
    }

    /// Makes a new revision. `changes` has, of each run, the index of the first step that is new or differs.
    public func publish(_ runs: [PageRun], changes: [Int]) {
        state.withLock { state in
            state.runs = runs
            state.number += 1
            state.published = Date()
            state.changes.append(changes)
            if state.changes.count > Self.changesMax { state.changes.removeFirst() }
            (state.page, state.news, state.metrics) = (nil, [:], nil)
        }
    }

    /// The newest revision, as a page gives it back.
    var revision: String { state.withLock { "\(name)-\($0.number)" } }

    /// The whole page.
    func page() throws(Diagnostic) -> [UInt8] {
        try state.withLock { (state) throws(Diagnostic) in
            if let page = state.page { return page }
            let page = try RunPage(state.runs, written: state.published, revision: "\(name)-\(state.number)")
            let bytes = Array(page.html.utf8)
            state.page = bytes
            return bytes
        }
    }

    /// What a page of the revision `since` lacks: everything where that is long ago or of another server; `nil` when nothing.
    func news(since: String) throws(Diagnostic) -> [UInt8]? {
        try state.withLock { (state) throws(Diagnostic) in
            let asked = since.hasPrefix(name + "-") ? Int(since.dropFirst(name.count + 1)) : nil
            // Any number may be asked for; only those of this server's past mean something.
            let known = asked.flatMap { (0...state.number).contains($0) ? $0 : nil }
            if known == state.number { return nil }
            let behind = known.map { state.number - $0 } ?? Int.max
            let isFar = behind < 0 || behind > state.changes.count
            let key = isFar ? -1 : known ?? -1
            if let news = state.news[key] { return news }
            var first: [Int] = []
            if !isFar {
                first = state.runs.indices.map { run in
                    state.changes.suffix(behind).map { run < $0.count ? $0[run] : 0 }.min() ?? 0
                }
            }
            let text = try RunPage.news(
                state.runs, from: first, written: state.published, revision: "\(name)-\(state.number)")
            let bytes = Array(text.utf8)
            if state.news.count < Self.newsMax { state.news[key] = bytes }
            return bytes
        }
    }

    /// The runs' newest figures in Prometheus' text format.
    func metrics() -> [UInt8] {
        state.withLock { state in
            if let metrics = state.metrics { return metrics }
            let bytes = Array(PrometheusText(state.runs).text.utf8)
            state.metrics = bytes
            return bytes
        }
    }
}
