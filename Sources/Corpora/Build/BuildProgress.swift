import Synchronization

/// How far a build is.
public struct BuildProgress: Sendable, Equatable {
    /// The passes over the documents, in order.
    public enum Pass: String, Sendable, CaseIterable {
        case clean = "read and clean"
        case lines = "count lines"
        case sketch = "sketch"
        case substrings = "find repeats"
        case finish = "finish texts"
        case write = "write"
    }

    public var pass: Pass
    /// The units of the pass that are done, by their size as stored, with what has been read of large ones; and all of them.
    public var bytesDone: Int
    public var bytesTotal: Int
    /// Documents and bytes of text seen in the pass, without those that an earlier run has finished.
    public var documents: Int
    public var textBytes: Int
    /// The part of ``bytesDone`` that an earlier run has done.
    public var bytesTakenOver: Int
}

/// Adds up what the workers of a pass have done, and tells it on.
final class ProgressMeter: Sendable {
    private struct State {
        var told: BuildProgress
        /// What has been read of units that are not done.
        var read: [Int: Int] = [:]

        mutating func advance(_ unit: Int, to bytes: Int) {
            told.bytesDone += bytes - read[unit, default: 0]
            read[unit] = bytes
        }
    }

    private let state: Mutex<State>
    private let report: (@Sendable (BuildProgress) -> Void)?

    init(_ pass: BuildProgress.Pass, total: Int, report: (@Sendable (BuildProgress) -> Void)?) {
        state = Mutex(
            State(
                told: BuildProgress(
                    pass: pass, bytesDone: 0, bytesTotal: total, documents: 0, textBytes: 0, bytesTakenOver: 0)))
        self.report = report
    }

    func add(documents: Int, textBytes: Int) {
        change {
            $0.told.documents += documents
            $0.told.textBytes += textBytes
        }
    }

    /// So many bytes of a unit have been read from its beginning.
    func advance(_ unit: Int, to bytes: Int) {
        change { $0.advance(unit, to: bytes) }
    }

    /// The same of bytes that an earlier run has done.
    func takeOver(_ unit: Int, to bytes: Int) {
        change {
            $0.told.bytesTakenOver += bytes - $0.read[unit, default: 0]
            $0.advance(unit, to: bytes)
        }
    }

    func finish(_ unit: Int, of bytes: Int, takenOver: Bool = false) {
        change {
            $0.advance(unit, to: bytes)
            $0.read[unit] = nil
            if takenOver { $0.told.bytesTakenOver += bytes }
        }
    }

    private func change(_ body: (inout State) -> Void) {
        guard let report else { return }
        report(
            state.withLock { state in
                body(&state)
                return state.told
            })
    }
}
