/// Which pass of a stage has a role: a schedule of thousands of actions asks for each.
struct PassNumbers {
    /// By the place of a role, a few per chunk; −1 where the stage has no such pass.
    private var numbers: [Int] = []

    /// Of passes with the same role, the first counts.
    init(_ passes: [Pass]) {
        for (number, pass) in passes.enumerated() {
            guard let place = Self.place(of: pass.role) else { continue }
            while numbers.count <= place { numbers.append(-1) }
            if numbers[place] < 0 { numbers[place] = number }
        }
    }

    /// The pass with a role that the stage's schedule has.
    subscript(role: Pass.Role) -> Int {
        guard let place = Self.place(of: role), place < numbers.count, numbers[place] >= 0 else {
            preconditionFailure("the stage has no pass for “\(role.name)”")
        }
        return numbers[place]
    }

    private static func place(of role: Pass.Role) -> Int? {
        switch role {
        case .reduceGradients: 0
        case .optimizerStep: 1
        case .forward(let chunk): 7 * chunk + 2
        case .backward(let chunk, let closing): 7 * chunk + (closing ? 4 : 3)
        case .receiveActivation(let chunk): 7 * chunk + 5
        case .sendActivation(let chunk): 7 * chunk + 6
        case .receiveGradient(let chunk): 7 * chunk + 7
        case .sendGradient(let chunk): 7 * chunk + 8
        case .other: nil
        }
    }
}
