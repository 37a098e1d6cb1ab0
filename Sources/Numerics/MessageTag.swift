import Programs

/// Message tags: one per purpose, so that messages of one purpose between two ranks keep their order.
enum Tag {
    static let dataStatistics: UInt32 = 2
    static let replicaStatistics: UInt32 = 3

    static func collective(_ group: Group, _ stream: Stream) -> UInt32 {
        let ofStream: UInt32 = stream == .compute ? 16 : 24
        return switch group {
        case .tensor: ofStream
        case .data: ofStream + 1
        case .tied: ofStream + 2
        case .replica: ofStream + 3
        }
    }

    static func transfer(_ transfer: Transfer) -> UInt32 {
        32 + 2 * UInt32(transfer.boundary) + (transfer.content == .activation ? 0 : 1)
    }

    /// What the messages of an instruction are, in words: `the activation over boundary 2`.
    static func words(_ instruction: Instruction) -> String {
        switch instruction.operation {
        case .send(let transfer), .receive(let transfer):
            return "the \(transfer.content.rawValue) over boundary \(transfer.boundary)"
        case .collective(let operation):
            let stream = instruction.stream == .communication ? ", on the communication stream" : ""
            return "\(operation.kind.words) of the \(operation.group.rawValue) group\(stream)"
        case .statistics(let phase):
            return "statistics" + (phase.group.map { " of the \($0.rawValue) group" } ?? "")
        default: return "nothing"
        }
    }
}

extension CollectiveOperation.Kind {
    /// The operation as people call it.
    fileprivate var words: String {
        switch self {
        case .allReduceSum, .allReduceOr, .allReduceMax: "an all-reduce"
        case .reduceScatter, .reduceScatterOr: "a reduce-scatter"
        case .allGather: "an all-gather"
        }
    }
}
