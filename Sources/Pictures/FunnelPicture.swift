import Diagnostics

/// What became of a corpus' documents, stage after stage: a row for each, from all that were found to those that are kept.
///
/// What a stage left out stands at the end of its bar; the rest of the row was left out before.
public struct FunnelPicture {
    /// The whole picture.
    public let svg: String

    /// One stage of the funnel.
    public struct Stage {
        public var name: String
        /// How many documents it left out.
        public var dropped: Int

        public init(name: String, dropped: Int) { (self.name, self.dropped) = (name, dropped) }
    }

    private static let (width, left, right, top, pitch, bar) = (960.0, 216.0, 210.0, 66.0, 26.0, 18.0)

    /// - Parameters:
    ///   - title: what is shown, one line.
    ///   - found: the documents that came to the first stage.
    ///   - caption: lines below the picture.
    ///
    /// Throws `picture.empty` where no document was found.
    public init(title: String, found: Int, stages: [Stage], caption: [String] = []) throws(Diagnostic) {
        guard found > 0 else {
            throw PictureProblem.empty(
                "no document was found",
                remedy: "look at the sources with serre corpus show, and build the corpus again")
        }
        let rows = stages.count + 2
        let bottom = Self.top + Self.pitch * Double(rows)
        var drawing = Drawing(
            width: Self.width, height: bottom + 14 + 18 * Double(caption.count), title: title,
            description: Self.description(found, stages))
        drawing.legend(
            [("documents left", .blue), ("left out here", .vermilion), ("left out before", .track)], x: 20, y: 50)
        var left = found
        Self.row(&drawing, 0, "found", left: found, dropped: 0, of: found, isEnd: true)
        for (number, stage) in stages.enumerated() {
            left -= stage.dropped
            Self.row(&drawing, number + 1, stage.name, left: left, dropped: stage.dropped, of: found)
        }
        Self.row(&drawing, rows - 1, "kept", left: left, dropped: 0, of: found, isEnd: true)
        for (number, line) in caption.enumerated() {
            drawing.text(line, x: 20, y: bottom + 16 + 18 * Double(number), .soft, size: 12)
        }
        svg = drawing.svg
    }

    private static func row(
        _ drawing: inout Drawing, _ number: Int, _ name: String, left count: Int, dropped: Int, of found: Int,
        isEnd: Bool = false
    ) {
        let y = top + pitch * Double(number)
        let full = width - left - right
        let scale = full / Double(found)
        drawing.text(name, x: left - 10, y: y + 14, isEnd ? .ink : .soft, anchor: .end, isBold: isEnd)
        drawing.rectangle(x: left, y: y, width: full, height: bar, .track)
        drawing.rectangle(x: left, y: y, width: scale * Double(count), height: bar, .blue)
        if dropped > 0 {
            // What is left out must be seen, even if it is less than a pixel.
            let wide = max(1.5, scale * Double(dropped))
            let x = min(left + scale * Double(count), left + full - wide)
            drawing.rectangle(x: x, y: y, width: wide, height: bar, .vermilion)
        }
        let x = left + full + 12
        drawing.text(Drawing.grouped(count), x: x + 76, y: y + 14, anchor: .end, isBold: isEnd)
        if isEnd {
            drawing.text(Drawing.percent(Double(count) / Double(found)), x: x + 180, y: y + 14, anchor: .end, size: 12)
        } else if dropped > 0 {
            let share = Drawing.percent(Double(dropped) / Double(found))
            drawing.text(
                "−\(Drawing.grouped(dropped))  (\(share))", x: x + 180, y: y + 14, .soft, anchor: .end, size: 12)
        }
    }

    /// What the picture shows, for those who cannot see it.
    private static func description(_ found: Int, _ stages: [Stage]) -> String {
        let lost = stages.filter { $0.dropped > 0 }
        let kept = stages.reduce(found) { $0 - $1.dropped }
        let parts = lost.map { "\($0.name) left out \(Drawing.grouped($0.dropped))" }
        return "Of \(Drawing.grouped(found)) documents \(Drawing.grouped(kept)) are kept after \(stages.count) stages"
            + (parts.isEmpty ? "." : ": " + parts.joined(separator: ", ") + ".")
    }
}
