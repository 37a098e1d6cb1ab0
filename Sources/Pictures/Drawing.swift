/// An SVG picture in the making: shapes in pixels on a painted ground, with a title and a description for those who cannot
/// see it.
///
///     var drawing = Drawing(width: 400, height: 80, title: "Two bars", description: "One is twice as long.")
///     drawing.rectangle(x: 20, y: 40, width: 100, height: 12, .blue)
///     drawing.rectangle(x: 20, y: 56, width: 200, height: 12, .orange)
///     try AtomicFile.write(drawing.svg, to: "bars.svg")
///
/// The file stands by itself: no script, no font, no link. Its colours follow the reader's light or dark screen where the viewer
/// knows which, and are the light ones elsewhere. The same calls give the same bytes.
package struct Drawing {
    private let width, height: Double
    private let title, description: String
    private var lines: [String] = []
    private var fills: Set<Tint> = []
    private var strokes: Set<Tint> = []

    package enum Anchor: String { case start, middle, end }

    /// A ground of so many pixels with `title` written on it, from `left` on.
    package init(width: Double, height: Double, title: String, description: String, left: Double = 20) {
        (self.width, self.height, self.title, self.description) = (width, height, title, description)
        rectangle(x: 0, y: 0, width: width, height: height, .paper, rounded: 6)
        text(title, x: left, y: 26, size: 15, isBold: true)
    }

    /// A filled rectangle; `edge` is the colour of a thin border.
    package mutating func rectangle(
        x: Double, y: Double, width: Double, height: Double, _ fill: Tint, opacity: Double = 1, edge: Tint? = nil,
        rounded: Double = 0
    ) {
        var attributes = [
            ("x", Self.number(x)), ("y", Self.number(y)), ("width", Self.number(width)),
            ("height", Self.number(height)),
        ]
        if rounded > 0 { attributes.append(("rx", Self.number(rounded))) }
        attributes += paint(fill: fill, stroke: edge)
        if edge != nil { attributes.append(("stroke-width", "0.8")) }
        if opacity < 1 { attributes.append(("fill-opacity", Self.number(opacity))) }
        lines.append(Self.element("rect", attributes))
    }

    /// A line through points; nothing for fewer than two.
    package mutating func line(
        _ points: [(x: Double, y: Double)], _ stroke: Tint, width: Double = 1, opacity: Double = 1, dash: String? = nil
    ) {
        guard points.count > 1 else { return }
        let path = points.map { "\(Self.number($0.x)),\(Self.number($0.y))" }.joined(separator: " ")
        var attributes = [("points", path)] + paint(fill: nil, stroke: stroke)
        attributes += [("stroke-width", Self.number(width)), ("stroke-linejoin", "round")]
        if opacity < 1 { attributes.append(("stroke-opacity", Self.number(opacity))) }
        if let dash { attributes.append(("stroke-dasharray", dash)) }
        lines.append(Self.element("polyline", attributes))
    }

    /// One line of text with its baseline at `y`; `isUpright` turns it to be read from below, around its place.
    package mutating func text(
        _ content: String, x: Double, y: Double, _ fill: Tint = .ink, anchor: Anchor = .start, size: Double = 13,
        isBold: Bool = false, isUpright: Bool = false
    ) {
        let place = (Self.number(x), Self.number(y))
        var attributes =
            isUpright
            ? [("transform", "translate(\(place.0) \(place.1)) rotate(-90)")] : [("x", place.0), ("y", place.1)]
        attributes += paint(fill: fill, stroke: nil)
        if anchor != .start { attributes.append(("text-anchor", anchor.rawValue)) }
        if size != 13 { attributes.append(("font-size", Self.number(size))) }
        if isBold { attributes.append(("font-weight", "600")) }
        lines.append(Self.element("text", attributes, Self.escaped(content)))
    }

    /// A circle, square, triangle or diamond by `shape`; hollow ones show the ground.
    package mutating func marker(_ shape: Int, x: Double, y: Double, _ tint: Tint, isHollow: Bool = false) {
        let colours = paint(fill: isHollow ? .paper : tint, stroke: tint) + [("stroke-width", "1.5")]
        if shape % 4 == 0 {
            let circle = [("cx", Self.number(x)), ("cy", Self.number(y)), ("r", "5")]
            return lines.append(Self.element("circle", circle + colours))
        }
        let corners: [(Double, Double)] = [
            [(-4.5, -4.5), (4.5, -4.5), (4.5, 4.5), (-4.5, 4.5)], [(0, -6), (5.5, 4.5), (-5.5, 4.5)],
            [(0, -6.5), (6.5, 0), (0, 6.5), (-6.5, 0)],
        ][shape % 4 - 1]
        let path = corners.map { "\(Self.number(x + $0.0)),\(Self.number(y + $0.1))" }.joined(separator: " ")
        lines.append(Self.element("polygon", [("points", path)] + colours))
    }

    /// Coloured squares, each with its name, in a row from `x` on; where the row ends.
    @discardableResult
    package mutating func legend(_ entries: [(name: String, tint: Tint)], x: Double, y: Double) -> Double {
        var x = x
        for (name, tint) in entries {
            rectangle(x: x, y: y - 11, width: 14, height: 14, tint, edge: .axis)
            text(name, x: x + 20, y: y + 1)
            x += 44 + Self.width(of: name)
        }
        return x
    }

    /// The finished file.
    package var svg: String {
        let size = (Self.number(width), Self.number(height))
        let head = [
            "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(size.0) \(size.1)\" width=\"\(size.0)\" "
                + "height=\"\(size.1)\" role=\"img\" aria-labelledby=\"title description\" "
                + "font-family=\"system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif\" font-size=\"13\">",
            "<title id=\"title\">\(Self.escaped(title))</title>",
            "<desc id=\"description\">\(Self.escaped(description))</desc>",
            "<style>@media (prefers-color-scheme: dark) {\(darkRules)}</style>",
        ]
        return (head + lines + ["</svg>", ""]).joined(separator: "\n")
    }

    /// What the colours in use are in the dark.
    private var darkRules: String {
        Tint.allCases.map { tint in
            (fills.contains(tint) ? " .fill-\(tint.rawValue) {fill: \(tint.dark)}" : "")
                + (strokes.contains(tint) ? " .line-\(tint.rawValue) {stroke: \(tint.dark)}" : "")
        }.joined() + " "
    }

    /// Colours as attributes, which every viewer knows, with a class for the dark.
    private mutating func paint(fill: Tint?, stroke: Tint?) -> [(String, String)] {
        var classes: [String] = []
        if let fill {
            fills.insert(fill)
            classes.append("fill-\(fill.rawValue)")
        }
        if let stroke {
            strokes.insert(stroke)
            classes.append("line-\(stroke.rawValue)")
        }
        let colours = [("fill", fill?.light ?? "none")] + (stroke.map { [("stroke", $0.light)] } ?? [])
        return [("class", classes.joined(separator: " "))] + colours
    }

    private static func element(_ name: String, _ attributes: [(String, String)], _ content: String? = nil) -> String {
        let list = attributes.map { " \($0.0)=\"\($0.1)\"" }.joined()
        return content.map { "<\(name)\(list)>\($0)</\(name)>" } ?? "<\(name)\(list)/>"
    }
}
