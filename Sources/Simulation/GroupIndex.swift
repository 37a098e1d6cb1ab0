import Programs

extension Group {
    /// The kind's place in tables by kind.
    var index: Int {
        switch self {
        case .tensor: 0
        case .data: 1
        case .tied: 2
        case .replica: 3
        }
    }
}
