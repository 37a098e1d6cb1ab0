/// What can go wrong with a run, named as in a scenario's `kind`.
public enum FaultKind: String, Sendable, CaseIterable {
    /// The process of a rank is killed; what it wrote and did not flush stays in the node's memory and reaches the disk.
    case rankCrash = "rank_crash"
    /// A node is gone: its ranks, and whatever it had not flushed.
    case nodeLoss = "node_loss"
    /// The process of rank 0 is killed, which writes the record and the checkpoints' indexes.
    case leadLoss = "lead_loss"
    /// A rank stops and says nothing: the others wait for it.
    case hang
    case slowAccelerator = "slow_accelerator"
    /// A node's links carry less.
    case degradedLink = "degraded_link"
    /// A node's links are down for a while: what is sent meanwhile is lost.
    case flappingLink = "flapping_link"
    case messageLost = "message_lost"
    case messageDuplicated = "message_duplicated"
    case messageDelayed = "message_delayed"
    /// A bit of a message changes on its way.
    case messageFlip = "message_flip"
    /// A bit that an instruction has written changes in memory.
    case bufferFlip = "buffer_flip"
    /// A bit of a checkpoint's file changes on the disk.
    case fileFlip = "file_flip"
    /// An instruction writes a number that is none.
    case nonFinite = "non_finite"
    /// The node dies in the middle of a write, of which a part reaches the disk.
    case tornWrite = "torn_write"
    /// The disk takes fewer bytes than it is given.
    case shortWrite = "short_write"
    case failedWrite = "failed_write"
    case fullDisk = "full_disk"
    case slowStorage = "slow_storage"
    /// The batch system takes the job's nodes back: a signal, then the end.
    case preemption
    /// The batch system ends the job.
    case timeLimit = "time_limit"
    /// The lead's clock jumps.
    case clockSkew = "clock_skew"

    /// The keys that say what exactly happens, beside those of the moment.
    var keys: [FaultEvent.Key] {
        switch self {
        case .rankCrash: [.phase, .rank, .instruction, .operation]
        case .nodeLoss: [.phase, .node, .instruction, .operation]
        case .leadLoss: [.phase, .instruction, .operation]
        case .hang: [.phase, .rank, .instruction]
        case .slowAccelerator: [.rank, .factor, .steps]
        case .degradedLink: [.node, .factor, .steps]
        case .flappingLink: [.phase, .node, .message, .times]
        case .messageLost: [.phase, .message, .times]
        case .messageDuplicated: [.phase, .message]
        case .messageDelayed: [.phase, .message, .delay]
        case .messageFlip: [.phase, .message, .times, .bit]
        case .bufferFlip: [.rank, .instruction, .element, .bit, .times]
        case .fileFlip: [.bit]
        case .nonFinite: [.rank, .instruction, .element]
        case .tornWrite: [.operation]
        case .shortWrite: [.operation]
        case .failedWrite: [.operation, .times]
        case .fullDisk: [.operation, .times]
        case .slowStorage: [.factor, .steps]
        case .preemption: [.grace]
        case .timeLimit: []
        case .clockSkew: [.delay]
        }
    }
}
