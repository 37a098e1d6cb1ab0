import Observation
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
        /// What is not there and why, for people.
        private let omissions: [String]

        init(_ file: String, _ trace: StepTrace, events: Int) {
            self.file = file
            self.events = events
            detail = trace.detail.rawValue
            ranks = trace.ranks.count
            omissions =
                (trace.isFolded ? ["ranks that are not shown do what one of the shown does, at the same times"] : [])
                + (trace.leavesOutInstructions
                    ? ["instructions would be more than a viewer loads: choose --microbatches or --ranks for them"]
                    : [])
        }

        enum CodingKeys: CodingKey { case file, events, detail, ranks }

        func lines(of layout: Layout) -> [String] {
            let all = ranks < layout.ranks ? " of \(grouped(layout.ranks))" : ""
            return [
                "\(file): \(grouped(events)) events, \(detail), \(grouped(ranks))\(all) "
                    + "rank\(layout.ranks == 1 ? "" : "s")"
            ] + omissions.map { "  \($0)" }
        }
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
        if let trace { lines += trace.lines(of: layout) }
        if let picture { lines.append("\(picture): a row for each of \(layout.pipeline) stages") }
        return lines.isEmpty ? [] : [""] + lines
    }
}
