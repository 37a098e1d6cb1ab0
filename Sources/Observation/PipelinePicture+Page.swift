extension PipelinePicture {
    /// The SVG being written.
    struct Page {
        private var lines: [String] = []

        mutating func begin(_ frame: Frame, title: String, description: String) {
            let size = "\(Self.number(frame.width)) \(Self.number(frame.height))"
            lines = [
                "<svg xmlns=\"http://www.w3.org/2000/svg\" viewBox=\"0 0 \(size)\" width=\"\(Self.number(frame.width))\" "
                    + "height=\"\(Self.number(frame.height))\" role=\"img\" aria-labelledby=\"title description\" "
                    + "font-family=\"system-ui, -apple-system, 'Segoe UI', Helvetica, Arial, sans-serif\" font-size=\"13\">",
                "<title id=\"title\">\(Self.escaped(title))</title>",
                "<desc id=\"description\">\(Self.escaped(description))</desc>",
                "<rect width=\"100%\" height=\"100%\" rx=\"6\" fill=\"#ffffff\"/>",
                "<text x=\"\(Self.number(frame.left))\" y=\"26\" font-size=\"15\" font-weight=\"600\" fill=\"#1a1a1a\">"
                    + "\(Self.escaped(title))</text>",
            ]
        }

        /// Grid lines with their times.
        mutating func axis(_ frame: Frame) {
            let (times, decimals) = frame.ticks
            lines.append("<g stroke=\"#d9d9d9\" stroke-width=\"1\">")
            for time in times {
                let x = Self.number(frame.x(time))
                lines.append("<path d=\"M\(x) \(Self.number(frame.top - 6))V\(Self.number(frame.axis))\"/>")
            }
            lines.append("</g>")
            lines.append("<g fill=\"#404040\" text-anchor=\"middle\" font-size=\"12\">")
            for time in times {
                lines.append(
                    "<text x=\"\(Self.number(frame.x(time)))\" y=\"\(Self.number(frame.axis + 16))\">"
                        + "\(Self.fixed(time, decimals))</text>")
            }
            lines.append("</g>")
            lines.append(
                "<text x=\"\(Self.number(frame.width - frame.right))\" y=\"\(Self.number(frame.axis + 32))\" "
                    + "text-anchor=\"end\" font-size=\"12\" fill=\"#404040\">seconds</text>")
        }

        mutating func row(_ stage: Int, _ bars: [PipelineBars.Bar], _ frame: Frame, chunks: Int) {
            let y = frame.row(stage)
            lines.append(
                "<text x=\"\(Self.number(frame.left - 10))\" y=\"\(Self.number(y + 20))\" text-anchor=\"end\" "
                    + "fill=\"#1a1a1a\">stage \(stage)</text>")
            lines.append(
                "<rect x=\"\(Self.number(frame.left))\" y=\"\(Self.number(y))\" width=\"\(Self.number(frame.plotWidth))\" "
                    + "height=\"\(Self.number(frame.rowHeight))\" fill=\"#f2f2f2\"/>")
            for bar in bars {
                let x = frame.x(bar.start)
                let width = max(0.5, frame.x(bar.end) - x)
                let opacity = 1 - 0.45 * Double(bar.chunk) / Double(max(chunks, 1))
                let shade = bar.chunk > 0 ? " fill-opacity=\"\(Self.number(opacity))\"" : ""
                // A thin light edge tells neighbours apart.
                let edge = width >= 4 ? " stroke=\"#ffffff\" stroke-width=\"0.8\"" : ""
                lines.append(
                    "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y))\" width=\"\(Self.number(width))\" "
                        + "height=\"\(Self.number(frame.rowHeight))\" fill=\"\(bar.kind.colour)\"\(shade)\(edge)/>")
                guard let microbatch = bar.microbatch, width >= 7.5 * Double("\(microbatch)".count) + 4 else {
                    continue
                }
                lines.append(
                    "<text x=\"\(Self.number(x + width / 2))\" y=\"\(Self.number(y + 20))\" text-anchor=\"middle\" "
                        + "font-size=\"12\" fill=\"\(bar.chunk > 0 ? "#000000" : bar.kind.ink)\">\(microbatch)</text>")
            }
        }

        mutating func legend(_ frame: Frame, palerChunks: Bool) {
            var x = frame.left
            let y = frame.legend
            let entries: [(String, String)] =
                PipelineBars.Kind.allCases.map { ($0.name, $0.colour) } + [("waiting", "#f2f2f2")]
            for (name, colour) in entries {
                lines.append(
                    "<rect x=\"\(Self.number(x))\" y=\"\(Self.number(y - 11))\" width=\"14\" height=\"14\" "
                        + "fill=\"\(colour)\" stroke=\"#8c8c8c\" stroke-width=\"0.5\"/>")
                lines.append(
                    "<text x=\"\(Self.number(x + 20))\" y=\"\(Self.number(y + 1))\" fill=\"#1a1a1a\">\(name)</text>")
                x += 40 + 7 * Double(name.count)
            }
            let note = "numbers: micro-batches" + (palerChunks ? "; paler: later chunks" : "")
            lines.append("<text x=\"\(Self.number(x))\" y=\"\(Self.number(y + 1))\" fill=\"#404040\">\(note)</text>")
        }

        mutating func caption(_ caption: [String], _ frame: Frame) {
            for (index, line) in caption.enumerated() {
                let y = frame.legend + 24 + frame.lineHeight * Double(index)
                lines.append(
                    "<text x=\"\(Self.number(frame.left))\" y=\"\(Self.number(y))\" fill=\"#1a1a1a\">"
                        + "\(Self.escaped(line))</text>")
            }
        }

        func finish() -> String { (lines + ["</svg>", ""]).joined(separator: "\n") }

        // MARK: Numbers and text

        /// At most two decimals.
        static func number(_ value: Double) -> String {
            let text = fixed(value, 2)
            let short = text.hasSuffix("00") ? text.dropLast(3) : text.hasSuffix("0") ? text.dropLast(1) : text[...]
            return String(short)
        }

        /// A number that is not negative, with so many decimals.
        static func fixed(_ value: Double, _ decimals: Int) -> String {
            guard decimals > 0 else { return "\(Int(value.rounded()))" }
            let scale = (0..<decimals).reduce(1) { scale, _ in scale * 10 }
            let rounded = Int((value * Double(scale)).rounded())
            let rest = String(rounded % scale)
            return "\(rounded / scale)." + String(repeating: "0", count: decimals - rest.count) + rest
        }

        static func escaped(_ text: String) -> String {
            var result = ""
            for scalar in text.unicodeScalars {
                switch scalar {
                case "&": result += "&amp;"
                case "<": result += "&lt;"
                case ">": result += "&gt;"
                case _ where scalar.value < 0x20: result += " "
                default: result.unicodeScalars.append(scalar)
                }
            }
            return result
        }
    }
}

extension PipelineBars.Kind {
    /// Of Okabe and Ito's palette.
    var colour: String {
        switch self {
        case .forward: "#0072b2"
        case .backward: "#e69f00"
        case .optimizer: "#009e73"
        case .communication: "#cc79a7"
        }
    }

    /// What can be read on it.
    var ink: String { self == .forward ? "#ffffff" : "#000000" }

    var name: String {
        switch self {
        case .forward: "forward"
        case .backward: "backward"
        case .optimizer: "optimizer"
        case .communication: "exposed communication"
        }
    }
}
