import Diagnostics
import Programs
import Recipes
import Simulation

/// A recorded step as Chrome's trace events: processes are nodes, threads are streams of ranks.
///
/// Each rank has a thread for what it computes and, where it has them, one for collectives beside that and one for the
/// messages to each neighbour. Slices are passes and, in them, instructions and waits; arrows lead from a message to
/// whoever took it; counters give the memory in use by kind. The same step gives the same bytes.
public struct StepTrace {
    public enum Detail: String, Sendable, CaseIterable {
        case passes, instructions
    }

    /// Which ranks have threads.
    public enum Ranks: Sendable, Equatable {
        case all
        /// One of each class of ranks that do the same at the same times.
        case folded
        case listed(NumberList)
    }

    /// The most events of a trace: some 100 MB, which viewers still load.
    public static let eventsMost = 800_000

    let recording: StepRecording
    /// Written at the head of the file.
    let title: String
    let acceleratorsPerNode: Int
    let microbatches: NumberList?
    public let detail: Detail
    /// Instructions were left out since they would be too many, and nobody asked for them.
    public let leavesOutInstructions: Bool
    /// In ascending order.
    public let ranks: [Int]
    /// An upper bound of the events: arrows to ranks that are not shown count too.
    public let events: Int
    /// By track, the messages that it sends.
    let sent: [[Int]]

    /// - Parameters:
    ///   - detail: `nil` for instructions if there are not too many, and else passes.
    ///   - microbatches: leaves out the passes of all others; `nil` for all.
    /// - Throws: `timeline.too-long` for more than ``eventsMost`` events.
    public init(
        _ recording: StepRecording, title: String, acceleratorsPerNode: Int, ranks: Ranks = .folded,
        microbatches: NumberList? = nil, detail: Detail? = nil
    ) throws(Diagnostic) {
        self.recording = recording
        self.title = title
        self.acceleratorsPerNode = acceleratorsPerNode
        self.microbatches = microbatches
        var sent = recording.tracks.map { _ in [Int]() }
        for (index, message) in recording.messages.enumerated() { sent[message.sender].append(index) }
        self.sent = sent
        let size = TraceSize(recording, sent: sent, microbatches: microbatches)
        let shown = size.ranks(ranks)
        let counts = Detail.allCases.map { size.events(of: shown, $0) }
        let counted = Array(zip(Detail.allCases, counts))
        let fitting = counted.last { $0.1 <= Self.eventsMost && (detail == nil || $0.0 == detail) }
        guard let fitting else {
            throw Diagnostic(
                "timeline.too-long", "the trace would have too many events for a viewer",
                expected: "at most \(Self.eventsMost)", found: "\(counted.first { $0.0 == detail ?? .passes }?.1 ?? 0)",
                remedy: "show fewer ranks or micro-batches, such as --ranks folded --microbatches 0-3"
                    + (detail == .instructions ? ", or --detail passes" : ""))
        }
        (self.detail, events) = fitting
        leavesOutInstructions = detail == nil && fitting.0 == .passes
        self.ranks = shown
    }

    /// Whether every rank that is left out has one that stands for it.
    public var isFolded: Bool {
        ranks.count < recording.layout.ranks && ranks.count == recording.tracks.count
            && zip(ranks, recording.timing.ranks).allSatisfy { $0 == $1.rank }
    }
}

/// How many events a trace of a recording has.
private struct TraceSize {
    let recording: StepRecording
    let sent: [[Int]]
    let microbatches: NumberList?

    init(_ recording: StepRecording, sent: [[Int]], microbatches: NumberList?) {
        (self.recording, self.sent, self.microbatches) = (recording, sent, microbatches)
    }

    func ranks(_ choice: StepTrace.Ranks) -> [Int] {
        switch choice {
        case .all: Array(0..<recording.layout.ranks)
        case .folded: recording.timing.ranks.map(\.rank)
        case .listed(let list): list.numbers
        }
    }

    func events(of ranks: [Int], _ detail: StepTrace.Detail) -> Int {
        let ofTracks = recording.tracks.indices.map { events(ofTrack: $0, detail) }
        return ranks.reduce(0) { $0 + ofTracks[recording.track(of: $1)] }
    }

    private func events(ofTrack track: Int, _ detail: StepTrace.Detail) -> Int {
        let program = recording.programs[track]
        let (entries, travels) = (recording.tracks[track].entries, recording.tracks[track].travels)
        func isShown(_ entry: Int) -> Bool { program.isShown(entries[entry].action, microbatches) }
        // Names and orders of a process and four threads; a slice and two counters for each action.
        var count = 10 + 3 * program.actions.indices.count { program.isShown($0, microbatches) }
        count += 3 * sent[track].count { isShown(recording.messages[$0].sendEntry) }
        count += travels.count { isShown($0.entry) }
        guard detail == .instructions else { return count }
        for entry in entries where program.isShown(entry.action, microbatches) {
            count += recording.spanCount(of: entry, on: track)
        }
        return count
    }
}

extension Program {
    /// Whether an action is one of these micro-batches; the end of the step is there for all of them.
    func isShown(_ action: Int, _ microbatches: NumberList?) -> Bool {
        switch passes[actions[action].pass].role {
        case .reduceGradients, .optimizerStep: true
        default: microbatches?.contains(actions[action].microbatch) ?? true
        }
    }
}
