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
    /// The units of the pass that are done, by their size as stored, and all of them.
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
    private let state: Mutex<BuildProgress>
    private let report: (@Sendable (BuildProgress) -> Void)?

    init(_ pass: BuildProgress.Pass, total: Int, report: (@Sendable (BuildProgress) -> Void)?) {
        state = Mutex(
            BuildProgress(
                pass: pass, bytesDone: 0, bytesTotal: total, documents: 0, textBytes: 0, bytesTakenOver: 0))
        self.report = report
    }

    func add(documents: Int, textBytes: Int) {
        change {
            $0.documents += documents
            $0.textBytes += textBytes
        }
    }

    func finish(unitOf bytes: Int, takenOver: Bool = false) {
        change {
            $0.bytesDone += bytes
            if takenOver { $0.bytesTakenOver += bytes }
        }
    }

    private func change(_ body: (inout BuildProgress) -> Void) {
        guard let report else { return }
        report(
            state.withLock { state in
                body(&state)
                return state
            })
    }
}
