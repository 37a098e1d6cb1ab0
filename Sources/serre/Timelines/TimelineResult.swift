import Recipes
import Simulation

/// What the command tells about a step and the files that it wrote.
struct TimelineResult: Encodable {
    struct Trace: Encodable {
        var file: String
        var events: Int
        var detail: String
        /// Those that are shown.
        var ranks: Int
    }

    var seconds: Double
    var attribution: Attribution
    var trace: Trace?
    var picture: String?

    enum CodingKeys: String, CodingKey {
        case seconds = "seconds_per_step"
        case attribution, trace, picture
    }

    init(_ attribution: Attribution) {
        seconds = attribution.seconds
        self.attribution = attribution
    }

    /// Lines on the files, and on what a trace leaves out.
    func remarks(of layout: Layout) -> [String] {
        var lines: [String] = []
        if let trace {
            let folded = trace.ranks < layout.ranks ? " of \(grouped(layout.ranks))" : ""
            lines.append(
                "\(trace.file): \(grouped(trace.events)) events, \(trace.detail), \(grouped(trace.ranks))\(folded) "
                    + "rank\(layout.ranks == 1 ? "" : "s")")
        }
        if let picture { lines.append("\(picture): a row for each of \(layout.pipeline) stages") }
        return lines.isEmpty ? [] : [""] + lines
    }
}
