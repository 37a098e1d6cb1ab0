import Programs
import Recipes
import Simulation

/// What chunks of each kind take with any number of layers, at one place of a cluster.
struct ProbeTimes {
    /// Of stages in the middle with one and with two layers.
    let one, two: [(Pass.Role, PassCost)]
    private let overlapsLayers: Bool
    /// By ``LayoutProbe/Kind``, as far as they are known.
    private var kinds: [Chunk?] = LayoutProbe.Kind.allCases.map { _ in nil }

    init(one: [(Pass.Role, PassCost)], two: [(Pass.Role, PassCost)], overlapsLayers: Bool) {
        self.one = one
        self.two = two
        self.overlapsLayers = overlapsLayers
    }

    mutating func add(_ kind: LayoutProbe.Kind, _ own: [(Pass.Role, PassCost)]) {
        kinds[kind.rawValue] = Chunk(own, one: one, two: two, overlapsLayers: overlapsLayers)
    }

    /// Chunks of a kind; `nil` until it has been added.
    subscript(kind: LayoutProbe.Kind) -> Chunk? { kinds[kind.rawValue] }

    /// A quantity that grows by the same amount with each layer.
    struct Line {
        var ofOne = 0.0
        var perLayer = 0.0
        func callAsFunction(_ layers: Int) -> Double { ofOne + Double(layers - 1) * perLayer }
    }

    /// A pass over a chunk's layers.
    struct Span {
        var compute = Line()
        var stream = Line()
        var alone = Line()
        /// Until the message inside the pass leaves; `nil` where it is sent afterwards.
        var beforeSend: Line?
        var overlapsLayers = false

        /// Where layers end in step, the time of each adds to that of the others; where their streams overlap, neither
        /// stream ends before its own work is done.
        func callAsFunction(_ layers: Int) -> Double {
            overlapsLayers ? max(compute(layers), stream(layers)) : alone(layers)
        }
    }

    struct Chunk {
        private var forward = Span()
        private var backward = Span()
        private var closing = Span()
        private var fixed = ChunkCosts()
        /// The end of a step of a stage with one layer: that of more is no shorter.
        private(set) var tail: TailCosts

        init(
            _ own: [(Pass.Role, PassCost)], one: [(Pass.Role, PassCost)], two: [(Pass.Role, PassCost)],
            overlapsLayers: Bool
        ) {
            func cost(_ role: Pass.Role, _ costs: [(Pass.Role, PassCost)]) -> PassCost? {
                costs.first { $0.0 == role }?.1
            }
            func span(_ role: Pass.Role) -> Span? {
                guard let own = cost(role, own), let one = cost(role, one), let two = cost(role, two) else {
                    return nil
                }
                func line(_ part: (PassCost) -> Double) -> Line {
                    Line(ofOne: part(own), perLayer: part(two) - part(one))
                }
                return Span(
                    compute: line(\.computeSeconds), stream: line(\.streamSeconds), alone: line(\.aloneSeconds),
                    beforeSend: own.sends ? line(\.secondsBeforeSend) : nil, overlapsLayers: overlapsLayers)
            }
            tail = TailCosts(own)
            forward = span(.forward(chunk: 0)) ?? Span()
            let open = span(.backward(chunk: 0, closingLane: false))
            let closed = span(.backward(chunk: 0, closingLane: true))
            backward = open ?? closed ?? Span()
            closing = closed ?? open ?? Span()
            fixed = ChunkCosts(messagesOf: own)
        }

        /// With so many layers.
        func costs(layers: Int) -> ChunkCosts {
            var costs = fixed
            costs.forward = forward(layers)
            costs.backward = backward(layers)
            costs.closing = closing(layers)
            costs.backwardBeforeSend = backward.beforeSend.map { min($0(layers), costs.backward) } ?? costs.backward
            costs.closingBeforeSend = closing.beforeSend.map { min($0(layers), costs.closing) } ?? costs.closing
            return costs
        }
    }
}

extension [(Pass.Role, PassCost)] {
    fileprivate func cost(of role: Pass.Role) -> PassCost? { first { $0.0 == role }?.1 }
}

extension ChunkCosts {
    /// The messages of a chunk, and what their receivers do with them.
    fileprivate init(messagesOf passes: [(Pass.Role, PassCost)]) {
        receiveActivation = passes.cost(of: .receiveActivation(chunk: 0))?.aloneSeconds ?? 0
        receiveGradient = passes.cost(of: .receiveGradient(chunk: 0))?.aloneSeconds ?? 0
        func message(_ roles: [Pass.Role]) -> Message {
            let sender = roles.lazy.compactMap { passes.cost(of: $0) }.first { $0.sends }
            return Message(
                linkSeconds: sender?.linkSeconds ?? 0, latencySeconds: sender?.latencySeconds ?? 0)
        }
        activation = message([.sendActivation(chunk: 0)])
        gradient = message([
            .sendGradient(chunk: 0), .backward(chunk: 0, closingLane: false), .backward(chunk: 0, closingLane: true),
        ])
    }

    /// A chunk with all its layers, both streams played as they wait for each other.
    init(_ passes: [(Pass.Role, PassCost)]) {
        self.init(messagesOf: passes)
        forward = passes.cost(of: .forward(chunk: 0))?.aloneSeconds ?? 0
        let open = passes.cost(of: .backward(chunk: 0, closingLane: false))
        let closed = passes.cost(of: .backward(chunk: 0, closingLane: true))
        func beforeSend(_ cost: PassCost?) -> Double {
            cost.map { $0.sends ? $0.aloneBeforeSend : $0.aloneSeconds } ?? 0
        }
        backward = (open ?? closed)?.aloneSeconds ?? 0
        backwardBeforeSend = beforeSend(open ?? closed)
        closing = (closed ?? open)?.aloneSeconds ?? 0
        closingBeforeSend = beforeSend(closed ?? open)
    }
}

extension TailCosts {
    /// What the passes behind the last backward take.
    init(_ passes: [(Pass.Role, PassCost)]) {
        for (role, cost) in passes where role == .reduceGradients || role == .optimizerStep {
            stretches[stretches.count - 1] += cost.stretches[0]
            stretches += cost.stretches.dropFirst()
            meetings += cost.meetingSeconds
        }
    }
}
