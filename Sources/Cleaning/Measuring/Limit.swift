/// A figure compared with a limit, in the words of every reason: `0.52 of at most 0.40`.
struct Limit {
    enum Side: String {
        case atMost = "at most"
        case atLeast = "at least"
        case lessThan = "less than"
        case moreThan = "more than"
    }

    var side: Side
    var value: Double

    /// The outcome of a stage that found `figure`: dropped beyond the limit, kept at it.
    func judge(_ figure: Double) -> StageOutcome {
        let isKept =
            switch side {
            case .atMost: figure <= value
            case .atLeast: figure >= value
            case .lessThan: figure < value
            case .moreThan: figure > value
            }
        let text = "\(Self.text(figure, beside: value)) of \(side.rawValue) \(Self.text(value, beside: value))"
        return isKept ? .kept(measure: text) : .dropped(reason: text)
    }

    /// The same for whole numbers between two limits, both outside.
    static func judge(_ figure: Int, above: Int, below: Int, _ unit: String) -> StageOutcome {
        if figure <= above { return .dropped(reason: "\(figure) of more than \(above) \(unit)") }
        let text = "\(figure) of less than \(below) \(unit)"
        return figure < below ? .kept(measure: text) : .dropped(reason: text)
    }

    /// The same for whole numbers with a unit.
    static func judge(_ figure: Int, _ side: Side, _ limit: Int, _ unit: String) -> StageOutcome {
        let isKept = side == .atMost ? figure <= limit : figure >= limit
        let text = "\(figure) of \(side.rawValue) \(limit) \(unit)"
        return isKept ? .kept(measure: text) : .dropped(reason: text)
    }

    /// A number with two decimals, or as many up to eight as tell it from the one beside it.
    static func text(_ number: Double, beside other: Double) -> String {
        guard number.isFinite, abs(number) < 1e9 else { return "\(number)" }
        guard other.isFinite else { return fixed(number, decimals: 2) }
        for decimals in 2..<8 {
            let text = fixed(number, decimals: decimals)
            let isExact = number == other ? Double(text) == number : text != fixed(other, decimals: decimals)
            if isExact { return text }
        }
        return fixed(number, decimals: 8)
    }

    private static func fixed(_ number: Double, decimals: Int) -> String {
        var scale = 1
        for _ in 0..<decimals { scale *= 10 }
        let scaled = Int((abs(number) * Double(scale)).rounded())
        let fraction = String(scaled % scale)
        let zeros = String(repeating: "0", count: decimals - fraction.utf8.count)
        return "\(number < 0 && scaled > 0 ? "-" : "")\(scaled / scale).\(zeros)\(fraction)"
    }
}
