import Programs
import Recipes
import Simulation

/// What a stage does over the step, in the few kinds that a picture can tell apart.
struct PipelineBars {
    enum Kind: CaseIterable { case forward, backward, optimizer, communication }

    /// A piece of a stage's time with one purpose; what is no bar is waiting.
    struct Bar: Equatable {
        var kind: Kind
        var start, end: Double
        /// `nil` for what belongs to no single micro-batch.
        var microbatch: Int?
        var chunk = 0
    }

    /// In order of time; what lies over them is drawn after them.
    private(set) var bars: [Bar] = []

    /// - Parameter least: seconds below which a piece of a pass is not told apart from the pass.
    init(_ recording: StepRecording, track: Int, least: Double) {
        let program = recording.programs[track]
        for (index, entries) in recording.entriesByAction(on: track) {
            let action = program.actions[index]
            let pass = program.passes[action.pass]
            let spans = entries.flatMap { recording.spans(of: $0, on: track) }
            let pieces = Self.pieces(spans, pass.role)
            guard let kind = Self.kind(pass.role), let first = pieces.first, let last = pieces.last else {
                for piece in pieces where piece.end - piece.start > 0 { append(piece, least) }
                continue
            }
            bars.append(
                Bar(
                    kind: kind, start: first.start, end: last.end, microbatch: action.microbatch,
                    chunk: Self.chunk(pass.role)))
            bars += pieces.filter { $0.kind == .communication && $0.end - $0.start >= least }
        }
    }

    /// Adds a bar; of bars that are too small to be told apart the larger counts.
    private mutating func append(_ bar: Bar, _ least: Double) {
        guard let last = bars.last, last.microbatch == nil, bar.start == last.end,
            last.end - last.start < least || bar.end - bar.start < least
        else { return bars.append(bar) }
        let kind = last.end - last.start >= bar.end - bar.start ? last.kind : bar.kind
        bars[bars.count - 1] = Bar(kind: kind, start: last.start, end: bar.end)
    }

    /// Neighbouring spans of one kind together, waits left out.
    private static func pieces(_ spans: [StepRecording.Span], _ role: Pass.Role) -> [Bar] {
        var pieces: [Bar] = []
        for span in spans where span.category.kind != .bubble && span.end > span.start {
            let kind: Kind = span.category.kind == .busy ? self.kind(role) ?? .optimizer : .communication
            if let last = pieces.last, last.kind == kind, last.end == span.start {
                pieces[pieces.count - 1].end = span.end
            } else {
                pieces.append(Bar(kind: kind, start: span.start, end: span.end))
            }
        }
        return pieces
    }

    /// The kind of a pass that computes for a micro-batch.
    private static func kind(_ role: Pass.Role) -> Kind? {
        switch role {
        case .forward, .other: .forward
        case .backward: .backward
        default: nil
        }
    }

    private static func chunk(_ role: Pass.Role) -> Int {
        switch role {
        case .forward(let chunk), .backward(let chunk, _): chunk
        default: 0
        }
    }

    /// Bars of which each is at least so long, or stands alone: of several that begin within `least` seconds the longest
    /// stands for all.
    func coarsened(_ least: Double) -> [Bar] {
        var result: [Bar] = []
        var longest = 0.0
        for bar in bars {
            let length = bar.end - bar.start
            guard let last = result.last, bar.end - last.start < least, bar.start >= last.start else {
                result.append(bar)
                longest = length
                continue
            }
            if length > longest {
                longest = length
                result[result.count - 1].kind = bar.kind
            }
            result[result.count - 1].end = max(last.end, bar.end)
            result[result.count - 1].microbatch = nil
        }
        return result
    }
}
