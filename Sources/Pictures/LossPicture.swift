import Diagnostics

/// The loss of a run over its steps: every step as a pale line, their exponential mean, held-out measures with an axis of
/// their own, and where the run was resumed.
///
/// A pixel's width shows the least and the greatest of the steps that fall on it, so no spike is lost and a million steps take no
/// more place than a thousand.
public struct LossPicture {
    /// The whole picture.
    public let svg: String

    /// What the picture shows.
    public struct Content {
        public var title: String
        /// Ascending steps and their losses in nats per token; what is not known or not finite is left out.
        public var steps: [Int]
        public var losses: [Double?]
        /// Held-out measures in bits per byte, ascending.
        public var validation: [Validation] = []
        /// What the measures are of, such as `mean of 10 languages, and the range`.
        public var validationName = ""
        /// The steps after which the run was resumed.
        public var resumes: [Int] = []
        /// Lines below the picture.
        public var caption: [String] = []

        public init(title: String, steps: [Int], losses: [Double?]) {
            (self.title, self.steps, self.losses) = (title, steps, losses)
        }
    }

    /// The measures after one step, over languages.
    public struct Validation {
        public var step: Int
        public var least, mean, greatest: Double

        public init(step: Int, least: Double, mean: Double, greatest: Double) {
            (self.step, self.least, self.mean, self.greatest) = (step, least, mean, greatest)
        }
    }

    static let (width, left, top, plotHeight) = (960.0, 70.0, 66.0, 300.0)

    /// Throws `picture.empty` for a run without a finite loss.
    public init(_ content: Content) throws(Diagnostic) {
        // What a pixel can show; a run that blew up has no place beyond.
        func isShown(_ value: Double) -> Bool { value.magnitude < 1e12 }
        let points = zip(content.steps, content.losses).compactMap { step, loss in
            loss.flatMap { isShown($0) ? (step: step, loss: $0) : nil }
        }
        var content = content
        content.validation.removeAll { !isShown($0.least) || !isShown($0.mean) || !isShown($0.greatest) }
        guard let first = points.first, let last = points.last else {
            throw PictureProblem.empty(
                "no step of the run has a finite loss on record",
                remedy: "draw it when it has made steps, or see with serre runs show what became of it")
        }
        let losses = points.map(\.loss)
        let right = content.validation.isEmpty ? 24.0 : 64
        let x = LinearAxis(Double(first.step), Double(last.step), start: Self.left, end: Self.width - right)
        let bottom = Self.top + Self.plotHeight
        let y = Self.axis(losses, from: bottom, to: Self.top)
        let height = bottom + 54 + 18 * Double(content.caption.count)
        var drawing = Drawing(
            width: Self.width, height: height, title: content.title, description: Self.description(content, points),
            left: Self.left)
        Self.frame(&drawing, x, y, bottom: bottom)
        for step in content.resumes where Double(step) >= x.low && Double(step) <= x.high {
            let place = x.position(Double(step))
            drawing.line([(place, Self.top), (place, bottom)], .axis, width: 1.2, dash: "5 4")
        }
        let pixels = points.map { (x: x.position(Double($0.step)), y: y.position($0.loss)) }
        drawing.line(Self.thinned(pixels), .blue, width: 1, opacity: 0.55)
        let halfLife = max(1, Int((0.02 * Double(points.count)).rounded()))
        let smooth = zip(pixels, Self.smoothed(losses, halfLife: halfLife)).map { (x: $0.x, y: y.position($1)) }
        drawing.line(Self.thinned(smooth), .blue, width: 2)
        if points.count == 1 { drawing.marker(0, x: pixels[0].x, y: pixels[0].y, .blue) }
        Self.validation(&drawing, content.validation, x, bottom: bottom)
        Self.legend(&drawing, content, halfLife: halfLife)
        for (number, line) in content.caption.enumerated() {
            drawing.text(line, x: Self.left, y: bottom + 58 + 18 * Double(number), .soft, size: 12)
        }
        svg = drawing.svg
    }

    /// An axis with some air above and below the values.
    private static func axis(_ values: [Double], from bottom: Double, to top: Double) -> LinearAxis {
        let (least, greatest) = (values.min() ?? 0, values.max() ?? 1)
        let air = 0.04 * (greatest - least)
        return LinearAxis(least - air, greatest + air, start: bottom, end: top)
    }

    private static func frame(_ drawing: inout Drawing, _ x: LinearAxis, _ y: LinearAxis, bottom: Double) {
        let (values, decimals) = y.ticks(most: 6)
        for value in values {
            let place = y.position(value)
            drawing.line([(x.start, place), (x.end, place)], .grid)
            drawing.text(
                Drawing.fixed(value, decimals), x: x.start - 8, y: place + 4, .soft, anchor: .end, size: 12)
        }
        for step in x.ticks(most: 10).values where step == step.rounded() {
            let place = x.position(step)
            drawing.line([(place, bottom), (place, bottom + 5)], .axis)
            drawing.text(Drawing.grouped(Int(step)), x: place, y: bottom + 20, .soft, anchor: .middle, size: 12)
        }
        drawing.line([(x.start, bottom), (x.end, bottom)], .axis)
        drawing.text("step", x: x.end, y: bottom + 36, .soft, anchor: .end, size: 12)
        drawing.text(
            "nats per token", x: 22, y: (Self.top + bottom) / 2, .soft, anchor: .middle, size: 12, isUpright: true)
    }

    /// The held-out measures against an axis on the right.
    private static func validation(
        _ drawing: inout Drawing, _ measures: [Validation], _ x: LinearAxis, bottom: Double
    ) {
        guard !measures.isEmpty else { return }
        let y = axis(measures.flatMap { [$0.least, $0.greatest] }, from: bottom, to: top)
        let (values, decimals) = y.ticks(most: 6)
        for value in values {
            let place = y.position(value)
            drawing.line([(x.end, place), (x.end + 5, place)], .vermilion)
            drawing.text(Drawing.fixed(value, decimals), x: x.end + 9, y: place + 4, .soft, size: 12)
        }
        drawing.line([(x.end, top), (x.end, bottom)], .vermilion)
        drawing.text(
            "bits per byte", x: width - 10, y: (top + bottom) / 2, .soft, anchor: .middle, size: 12, isUpright: true)
        let within = measures.filter { Double($0.step) >= x.low && Double($0.step) <= x.high }
        for one in within where one.least < one.greatest {
            let place = x.position(Double(one.step))
            drawing.line(
                [(place, y.position(one.least)), (place, y.position(one.greatest))], .vermilion, width: 3, opacity: 0.35
            )
        }
        for one in within { drawing.marker(3, x: x.position(Double(one.step)), y: y.position(one.mean), .vermilion) }
    }

    private static func legend(_ drawing: inout Drawing, _ content: Content, halfLife: Int) {
        var entries = ["each step", "exponential mean, half-life \(halfLife) step\(halfLife == 1 ? "" : "s")"]
        entries.append(content.validation.isEmpty ? "" : "held out (right): \(content.validationName)")
        entries.append(content.resumes.isEmpty ? "" : "resumed")
        var x = left
        for (kind, name) in entries.enumerated() where !name.isEmpty {
            switch kind {
            case 0: drawing.line([(x, 46), (x + 24, 46)], .blue, width: 1, opacity: 0.55)
            case 1: drawing.line([(x, 46), (x + 24, 46)], .blue, width: 2)
            case 2: drawing.marker(3, x: x + 14, y: 46, .vermilion)
            default: drawing.line([(x + 14, 37), (x + 14, 55)], .axis, width: 1.2, dash: "5 4")
            }
            drawing.text(name, x: x + 30, y: 50, size: 12)
            x += 48 + 0.92 * Drawing.width(of: name, size: 12)
        }
    }

    /// What the picture shows, for those who cannot see it.
    private static func description(_ content: Content, _ points: [(step: Int, loss: Double)]) -> String {
        guard let first = points.first, let last = points.last else { return "" }
        func at(_ point: (step: Int, loss: Double)) -> String {
            "\(Drawing.fixed(point.loss, 4)) at step \(Drawing.grouped(point.step))"
        }
        let least = points.min { $0.loss < $1.loss } ?? last
        let said = points.count == 1 ? at(first) : "\(at(first)), \(at(last)), least \(at(least))"
        var parts = ["Training loss in nats per token: \(said)."]
        if let measure = content.validation.last {
            parts.append(
                "Held out (\(content.validationName)): \(Drawing.fixed(measure.mean, 4)) bits per byte after step "
                    + "\(Drawing.grouped(measure.step)).")
        }
        if !content.resumes.isEmpty {
            parts.append("Resumed after step \(content.resumes.map(Drawing.grouped).joined(separator: ", ")).")
        }
        return parts.joined(separator: " ")
    }

    // MARK: Curves

    /// The exponential mean, freed of the weight of its begin, in which a value counts half after so many more.
    static func smoothed(_ values: [Double], halfLife: Int) -> [Double] {
        // Half to the power of 1 / halfLife, by Newton's method: no library decides its last bit.
        var weight = 1 - 0.5 / Double(halfLife)
        for _ in 0..<60 {
            let power = (1..<halfLife).reduce(1.0) { product, _ in product * weight }
            let next = weight - (power * weight - 0.5) / (Double(halfLife) * power)
            if next == weight { break }
            weight = next
        }
        var (mean, share) = (0.0, 1.0)
        return values.map { value in
            mean = weight * mean + (1 - weight) * value
            share *= weight
            return mean / (1 - share)
        }
    }

    /// Of the points in one pixel's width the first, the least, the greatest and the last, in their order.
    static func thinned(_ points: [(x: Double, y: Double)]) -> [(x: Double, y: Double)] {
        var kept: [(x: Double, y: Double)] = []
        var index = 0
        while index < points.count {
            let column = points[index].x.rounded(.down)
            var (end, least, greatest) = (index, index, index)
            while end < points.count, points[end].x.rounded(.down) == column {
                if points[end].y < points[least].y { least = end }
                if points[end].y > points[greatest].y { greatest = end }
                end += 1
            }
            var places = [index, min(least, greatest), max(least, greatest), end - 1]
            places = places.enumerated().filter { $0 == 0 || places[$0 - 1] != $1 }.map(\.element)
            kept += places.map { points[$0] }
            index = end
        }
        return kept
    }
}
