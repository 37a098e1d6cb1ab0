import Foundation

/// Tokens per second over nodes, both logarithmic, as a self-contained SVG picture: the same bytes for the same study.
///
/// Curves differ by marker as well as by colour; the colours are those of Okabe and Ito (2008), which people with any kind
/// of colour vision can tell apart. A dashed line shows what the first point promises if nothing is lost.
struct ScalingChart {
    var study: ScalingStudy

    private static let (width, height) = (760.0, 460.0)
    private static let colours = ["#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9"]
    private let xAxis: LogAxis
    private let yAxis: LogAxis

    init(_ study: ScalingStudy) {
        self.study = study
        let points = study.curves.flatMap(\.points)
        let base = Self.base(study)
        let ideal = points.map { base.tokensPerSecond / Double(base.nodes) * Double($0.nodes) }
        xAxis = LogAxis(around: points.map { Double($0.nodes) }, start: 90, end: Self.width - 24)
        yAxis = LogAxis(around: points.map(\.tokensPerSecond) + ideal, start: Self.height - 64, end: 64)
    }

    /// The point from which efficiency counts; a study has at least one.
    private static func base(_ study: ScalingStudy) -> ScalingPoint {
        let points = study.curves[0].points
        return points.first { $0.fits } ?? points[0]
    }

    var svg: String {
        let (width, height) = (Int(Self.width), Int(Self.height))
        let title = "\(study.recipe.name) on \(study.curves[0].profile.name): \(study.kind.rawValue) scaling"
        let head = """
            <svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 \(width) \(height)" width="\(width)" height="\(height)" \
            role="img" aria-labelledby="title desc" font-family="sans-serif" font-size="13">
            <title id="title">\(Self.escaped(title))</title>
            <desc id="desc">\(Self.escaped(summary))</desc>
            <rect width="\(width)" height="\(height)" fill="#ffffff"/>
            <text x="90" y="24" font-size="16" fill="#222222">\(Self.escaped(title))</text>
            """
        let curves = study.curves.indices.map(curve)
        return ([head] + grid + [ideal] + curves + legend + ["</svg>"]).map { $0 + "\n" }.joined()
    }

    /// What the picture shows, for those who cannot see it.
    private var summary: String {
        study.curves.map { curve in
            curve.name + ": "
                + curve.points.map {
                    "\($0.nodes) nodes \(Lines.significant($0.tokensPerSecond)) tokens per second, efficiency "
                        + Lines.percent($0.efficiency)
                }.joined(separator: "; ")
        }.joined(separator: ". ")
    }

    private var grid: [String] {
        let (left, right, bottom, top) = (xAxis.start, xAxis.end, yAxis.start, yAxis.end)
        let nodes = Self.distinct(study.curves.flatMap(\.points).map(\.nodes))
        let vertical = nodes.flatMap { count -> [String] in
            let x = xAxis.position(Double(count))
            return [
                line(x, bottom, x, top, "stroke=\"#e4e4e4\""),
                text(x, bottom + 20, "\(count)", "text-anchor=\"middle\" fill=\"#444444\""),
            ]
        }
        let horizontal = yAxis.ticks.flatMap { value -> [String] in
            let y = yAxis.position(value)
            return [
                line(left, y, right, y, "stroke=\"#e4e4e4\""),
                text(left - 8, y + 4, Lines.tick(value), "text-anchor=\"end\" fill=\"#444444\""),
            ]
        }
        let profile = study.curves[0].profile
        let unit = "nodes of \(profile.nodes.acceleratorsPerNode) × \(profile.accelerator.name)"
        let (middle, half) = ((left + right) / 2, (bottom + top) / 2)
        return vertical + horizontal + [
            line(left, bottom, right, bottom, "stroke=\"#444444\""),
            line(left, bottom, left, top, "stroke=\"#444444\""),
            text(middle, bottom + 46, unit, "text-anchor=\"middle\" fill=\"#222222\""),
            text(
                0, 0, "tokens per second",
                "text-anchor=\"middle\" fill=\"#222222\" transform=\"translate(22 \(Self.place(half))) rotate(-90)\""),
        ]
    }

    private var ideal: String {
        let base = Self.base(study)
        let perNode = base.tokensPerSecond / Double(base.nodes)
        let counts = study.curves.flatMap(\.points).map(\.nodes)
        let (least, most) = (Double(counts.min() ?? 1), Double(counts.max() ?? 1))
        return line(
            xAxis.position(least), yAxis.position(perNode * least), xAxis.position(most),
            yAxis.position(perNode * most),
            "stroke=\"#767676\" stroke-width=\"1.5\" stroke-dasharray=\"6 4\"")
    }

    private func curve(_ index: Int) -> String {
        let colour = Self.colours[index % Self.colours.count]
        let points = study.curves[index].points
        let places = points.map { (xAxis.position(Double($0.nodes)), yAxis.position($0.tokensPerSecond)) }
        let path = places.map { "\(Self.place($0.0)),\(Self.place($0.1))" }.joined(separator: " ")
        var parts = ["<polyline points=\"\(path)\" fill=\"none\" stroke=\"\(colour)\" stroke-width=\"2\"/>"]
        for (point, place) in zip(points, places) {
            parts.append(marker(index, place.0, place.1, hollow: !point.fits))
            if index == 0 {
                parts.append(
                    text(
                        place.0 + 8, place.1 + 18, Lines.percent(point.efficiency),
                        "fill=\"#222222\" font-size=\"12\""))
            }
        }
        return parts.joined(separator: "\n")
    }

    /// A circle, square, triangle or diamond; hollow where the run does not fit memory.
    private func marker(_ index: Int, _ x: Double, _ y: Double, hollow: Bool) -> String {
        let colour = Self.colours[index % Self.colours.count]
        let paint = "fill=\"\(hollow ? "#ffffff" : colour)\" stroke=\"\(colour)\" stroke-width=\"1.5\""
        if index % 4 == 0 { return "<circle cx=\"\(Self.place(x))\" cy=\"\(Self.place(y))\" r=\"5\" \(paint)/>" }
        let corners: [(Double, Double)] = [
            [(-4.5, -4.5), (4.5, -4.5), (4.5, 4.5), (-4.5, 4.5)], [(0, -6), (5.5, 4.5), (-5.5, 4.5)],
            [(0, -6.5), (6.5, 0), (0, 6.5), (-6.5, 0)],
        ][index % 4 - 1]
        let path = corners.map { "\(Self.place(x + $0.0)),\(Self.place(y + $0.1))" }.joined(separator: " ")
        return "<polygon points=\"\(path)\" \(paint)/>"
    }

    private var legend: [String] {
        let names = study.curves.map(\.name)
        var parts: [String] = []
        let note = study.curves.flatMap(\.points).allSatisfy(\.fits) ? "" : "; hollow: exceeds memory"
        var x = xAxis.start
        for (index, name) in names.enumerated() {
            parts += [marker(index, x + 6, 44, hollow: false), text(x + 18, 48, name, "fill=\"#222222\"")]
            x += 34 + 7.2 * Double(name.count)
        }
        parts.append(line(x, 44, x + 24, 44, "stroke=\"#767676\" stroke-width=\"1.5\" stroke-dasharray=\"6 4\""))
        parts.append(text(x + 30, 48, "ideal; percentages: efficiency" + note, "fill=\"#222222\""))
        return parts
    }

    private func line(_ x1: Double, _ y1: Double, _ x2: Double, _ y2: Double, _ style: String) -> String {
        let (a, b, c, d) = (Self.place(x1), Self.place(y1), Self.place(x2), Self.place(y2))
        return "<line x1=\"\(a)\" y1=\"\(b)\" x2=\"\(c)\" y2=\"\(d)\" \(style)/>"
    }

    private func text(_ x: Double, _ y: Double, _ content: String, _ style: String) -> String {
        "<text x=\"\(Self.place(x))\" y=\"\(Self.place(y))\" \(style)>\(Self.escaped(content))</text>"
    }

    private static func distinct(_ counts: [Int]) -> [Int] {
        var kept: [Int] = []
        for count in counts.sorted() where kept.last != count { kept.append(count) }
        return kept
    }

    private static func place(_ value: Double) -> String { String(format: "%.1f", value) }

    private static func escaped(_ text: String) -> String {
        text.replacingOccurrences(of: "&", with: "&amp;").replacingOccurrences(of: "<", with: "&lt;")
            .replacingOccurrences(of: ">", with: "&gt;")
    }
}

extension ScalingStudy {
    /// The study as a picture: a self-contained SVG file.
    public var svg: String { ScalingChart(self).svg }
}
