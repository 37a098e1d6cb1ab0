import Diagnostics

/// Why a point of the layout space is no candidate.
public enum Rejection: String, Sendable, CaseIterable {
    // Illegal: some rule of the recipe's arithmetic or of the engine forbids it.
    case engine
    case tensor, pipeline, data
    case microBatch = "micro_batch"
    case interleave
    case ranks
    /// The same programs as another layout's, under other names.
    case repetition
    /// Its step has more actions than are played (``StepLimit/actionsMost``).
    case tooLong = "too_long"
    /// Does not fit the accelerators.
    case memory
    /// Failures or the jobs' time limit keep its run from ending, or it is too long to be simulated.
    case unending = "never_ends"
    // Constraints.
    case days = "max_days"
    case cost = "max_cost"
    case utilisation = "min_mfu"

    /// Whether no program can be made of it.
    public var isIllegal: Bool {
        switch self {
        case .engine, .tensor, .pipeline, .data, .microBatch, .interleave, .ranks: true
        case .repetition, .tooLong, .memory, .unending, .days, .cost, .utilisation: false
        }
    }

    /// What is wrong with such layouts, in words.
    public var explanation: String {
        switch self {
        case .engine: "ask for what the engine does not do"
        case .tensor: "have a tensor degree that heads or segments forbid"
        case .pipeline: "have a pipeline degree that does not share out the layers"
        case .data: "have a data degree that the lanes forbid"
        case .microBatch: "have a micro-batch that does not share out the batch"
        case .interleave: "have chunks that share out neither layers nor micro-batches"
        case .ranks: "have too many ranks"
        case .repetition: "are the same as others under another name"
        case .tooLong: "have more micro-batches than can be played"
        case .memory: "do not fit memory"
        case .unending: "have a run that failures or time limits keep from ending"
        case .days: "take longer than --max-days"
        case .cost: "cost more than --max-cost"
        case .utilisation: "stay below --min-mfu"
        }
    }
}

extension Rejection {
    /// What an estimate's problem means for a plan; `nil` for one that concerns every layout.
    init?(_ problem: Diagnostic) {
        switch problem.code {
        case "layout.too-long": self = .tooLong
        case "campaign.no-progress", "campaign.job-too-short", "campaign.too-long": self = .unending
        default: return nil
        }
    }
}

/// How many layouts were rejected, by reason.
struct RejectionCounts: Sendable, Equatable {
    private var counts = Array(repeating: 0, count: Rejection.allCases.count)

    subscript(reason: Rejection) -> Int {
        get { counts[Self.place(reason)] }
        set { counts[Self.place(reason)] = newValue }
    }

    mutating func add(_ other: RejectionCounts) {
        for index in counts.indices { counts[index] += other.counts[index] }
    }

    var total: Int { counts.reduce(0, +) }

    private static func place(_ reason: Rejection) -> Int { Rejection.allCases.firstIndex(of: reason) ?? 0 }
}
