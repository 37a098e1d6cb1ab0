import Diagnostics

/// Quantities by what they are due to, such as carbon into dynamic, idle and embodied: a bar for each quantity, each with a
/// scale of its own, and its parts in figures below.
public struct SplitPicture {
    /// The whole picture.
    public let svg: String

    /// One quantity.
    public struct Quantity {
        public var name: String
        /// Such as `t CO₂e`.
        public var unit: String
        /// Parts that add up to the whole, none negative.
        public var parts: [Part]
        /// Between what the whole lies, if that is known.
        public var interval: ClosedRange<Double>?

        public init(name: String, unit: String, parts: [Part], interval: ClosedRange<Double>? = nil) {
            (self.name, self.unit, self.parts, self.interval) = (name, unit, parts, interval)
        }

        var total: Double { parts.reduce(0) { $0 + $1.amount } }
    }

    /// A part, and the kind that decides its colour.
    public struct Part {
        public var kind: Kind
        public var amount: Double

        public init(_ kind: Kind, _ amount: Double) { (self.kind, self.amount) = (kind, amount) }
    }

    public enum Kind: String, Sendable {
        case dynamic, idle, embodied, other

        var tint: Tint {
            switch self {
            case .dynamic: .orange
            case .idle: .sky
            case .embodied: .purple
            case .other: .axis
            }
        }
    }

    private static let (width, left, right, top, pitch, bar) = (960.0, 110.0, 150.0, 62.0, 80.0, 26.0)

    /// - Parameters:
    ///   - figure: how an amount is written.
    ///   - caption: lines below the picture.
    ///
    /// Throws `picture.empty` where every quantity is nothing.
    public init(
        _ quantities: [Quantity], title: String, caption: [String] = [], figure: (Double) -> String
    ) throws(Diagnostic) {
        let shown = quantities.filter { $0.total > 0 && $0.total.isFinite }
        guard !shown.isEmpty else {
            throw PictureProblem.empty(
                "the run takes no energy and emits nothing", remedy: "look at the profile's power and site sections")
        }
        let bottom = Self.top + Self.pitch * Double(shown.count)
        let text = shown.map { Self.described($0, figure) }.joined(separator: " ")
        var drawing = Drawing(
            width: Self.width, height: bottom + 10 + 18 * Double(caption.count), title: title, description: text)
        for (number, quantity) in shown.enumerated() {
            Self.row(&drawing, quantity, y: Self.top + Self.pitch * Double(number), figure)
        }
        for (number, line) in caption.enumerated() {
            drawing.text(line, x: 20, y: bottom + 12 + 18 * Double(number), .soft, size: 12)
        }
        svg = drawing.svg
    }

    private static func row(
        _ drawing: inout Drawing, _ quantity: Quantity, y: Double, _ figure: (Double) -> String
    ) {
        let most = max(quantity.total, quantity.interval?.upperBound ?? 0)
        let scale = (width - left - right) / most
        drawing.text(quantity.name, x: left - 10, y: y + 18, anchor: .end, isBold: true)
        var (x, legend) = (left, left)
        for part in quantity.parts where part.amount > 0 {
            let wide = scale * part.amount
            drawing.rectangle(x: x, y: y, width: wide, height: bar, part.kind.tint, edge: .paper)
            let share = Drawing.percent(part.amount / quantity.total)
            if wide > 60 { drawing.text(share, x: x + wide / 2, y: y + 18, .onLight, anchor: .middle, size: 12) }
            let name =
                "\(part.kind.rawValue) \(figure(part.amount)) \(quantity.unit)" + (wide > 60 ? "" : " (\(share))")
            legend = drawing.legend([(name, part.kind.tint)], x: legend, y: y + bar + 20)
            x += wide
        }
        if let interval = quantity.interval, interval.lowerBound < interval.upperBound {
            let (low, high) = (left + scale * interval.lowerBound, left + scale * interval.upperBound)
            drawing.line([(low, y - 6), (high, y - 6)], .ink, width: 1.5)
            for end in [low, high] { drawing.line([(end, y - 10), (end, y - 2)], .ink, width: 1.5) }
        }
        drawing.text(
            "\(figure(quantity.total)) \(quantity.unit)", x: width - right + 12, y: y + 18, isBold: true)
    }

    /// What a bar shows, for those who cannot see it.
    private static func described(_ quantity: Quantity, _ figure: (Double) -> String) -> String {
        let parts = quantity.parts.filter { $0.amount > 0 }.map {
            "\($0.kind.rawValue) \(figure($0.amount)) (\(Drawing.percent($0.amount / quantity.total)))"
        }
        return "\(quantity.name): \(figure(quantity.total)) \(quantity.unit), of it \(parts.joined(separator: ", "))."
    }
}
