import Pictures

/// Tokens per second over nodes, both logarithmic, as a self-contained SVG picture: the same bytes for the same study.
///
/// Curves differ by marker as well as by colour. A dashed line shows what the first point promises if nothing is lost.
struct ScalingChart {
    var study: ScalingStudy

    private static let (width, height) = (760.0, 460.0)
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
        let title = "\(study.recipe.name) on \(study.curves[0].profile.name): \(study.kind.rawValue) scaling"
        var drawing = Drawing(
            width: Self.width, height: Self.height, title: title, description: summary, left: xAxis.start)
        grid(&drawing)
        ideal(&drawing)
        for index in study.curves.indices { curve(&drawing, index) }
        legend(&drawing)
        return drawing.svg
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

    private func grid(_ drawing: inout Drawing) {
        let (left, right, bottom, top) = (xAxis.start, xAxis.end, yAxis.start, yAxis.end)
        for count in Self.distinct(study.curves.flatMap(\.points).map(\.nodes)) {
            let x = xAxis.position(Double(count))
            drawing.line([(x, bottom), (x, top)], .grid)
            drawing.text("\(count)", x: x, y: bottom + 20, .soft, anchor: .middle)
        }
        for value in yAxis.ticks {
            let y = yAxis.position(value)
            drawing.line([(left, y), (right, y)], .grid)
            drawing.text(Lines.tick(value), x: left - 8, y: y + 4, .soft, anchor: .end)
        }
        let profile = study.curves[0].profile
        let unit = "nodes of \(profile.nodes.acceleratorsPerNode) × \(profile.accelerator.name)"
        drawing.line([(left, top), (left, bottom), (right, bottom)], .axis)
        drawing.text(unit, x: (left + right) / 2, y: bottom + 46, anchor: .middle)
        drawing.text("tokens per second", x: 22, y: (bottom + top) / 2, anchor: .middle, isUpright: true)
    }

    private func ideal(_ drawing: inout Drawing) {
        let base = Self.base(study)
        let perNode = base.tokensPerSecond / Double(base.nodes)
        let counts = study.curves.flatMap(\.points).map(\.nodes)
        let ends = [Double(counts.min() ?? 1), Double(counts.max() ?? 1)].map { count in
            (x: xAxis.position(count), y: yAxis.position(perNode * count))
        }
        drawing.line(ends, .axis, width: 1.5, dash: "6 4")
    }

    private func curve(_ drawing: inout Drawing, _ index: Int) {
        let points = study.curves[index].points
        let places = points.map { (x: xAxis.position(Double($0.nodes)), y: yAxis.position($0.tokensPerSecond)) }
        drawing.line(places, tint(index), width: 2)
        for (point, place) in zip(points, places) {
            drawing.marker(index, x: place.x, y: place.y, tint(index), isHollow: !point.fits)
            if index == 0 { drawing.text(Lines.percent(point.efficiency), x: place.x + 8, y: place.y + 18, size: 12) }
        }
    }

    private func tint(_ index: Int) -> Tint { Tint.curves[index % Tint.curves.count] }

    private func legend(_ drawing: inout Drawing) {
        var x = xAxis.start
        for (index, name) in study.curves.map(\.name).enumerated() {
            drawing.marker(index, x: x + 6, y: 44, tint(index))
            drawing.text(name, x: x + 18, y: 48)
            x += 34 + 7.2 * Double(name.count)
        }
        let note = study.curves.flatMap(\.points).allSatisfy(\.fits) ? "" : "; hollow: exceeds memory"
        drawing.line([(x, 44), (x + 24, 44)], .axis, width: 1.5, dash: "6 4")
        drawing.text("ideal; percentages: efficiency" + note, x: x + 30, y: 48)
    }

    private static func distinct(_ counts: [Int]) -> [Int] {
        var kept: [Int] = []
        for count in counts.sorted() where kept.last != count { kept.append(count) }
        return kept
    }
}

extension ScalingStudy {
    /// The study as a picture: a self-contained SVG file.
    public var svg: String { ScalingChart(self).svg }
}
