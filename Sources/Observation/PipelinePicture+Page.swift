import Pictures

extension PipelinePicture {
    /// The picture being drawn.
    struct Page {
        private var drawing: Drawing
        private let frame: Frame

        init(_ frame: Frame, title: String, description: String) {
            self.frame = frame
            drawing = Drawing(
                width: frame.width, height: frame.height, title: title, description: description, left: frame.left)
        }

        /// Grid lines with their times.
        mutating func axis() {
            let (times, decimals) = frame.ticks
            for time in times {
                let x = frame.x(time)
                drawing.line([(x, frame.top - 6), (x, frame.axis)], .grid)
                drawing.text(
                    Drawing.fixed(time, decimals), x: x, y: frame.axis + 16, .soft, anchor: .middle, size: 12)
            }
            drawing.text(
                "seconds", x: frame.width - frame.right, y: frame.axis + 32, .soft, anchor: .end, size: 12)
        }

        mutating func row(_ stage: Int, _ bars: [PipelineBars.Bar], chunks: Int) {
            let y = frame.row(stage)
            drawing.text("stage \(stage)", x: frame.left - 10, y: y + 20, anchor: .end)
            drawing.rectangle(x: frame.left, y: y, width: frame.plotWidth, height: frame.rowHeight, .track)
            for bar in bars {
                let x = frame.x(bar.start)
                let width = max(0.5, frame.x(bar.end) - x)
                let opacity = bar.chunk > 0 ? 1 - 0.45 * Double(bar.chunk) / Double(max(chunks, 1)) : 1
                // A thin edge tells neighbours apart.
                drawing.rectangle(
                    x: x, y: y, width: width, height: frame.rowHeight, bar.kind.tint, opacity: opacity,
                    edge: width >= 4 ? .paper : nil)
                guard let microbatch = bar.microbatch, width >= 7.5 * Double("\(microbatch)".count) + 4 else {
                    continue
                }
                // Paler chunks let the ground through, and so take the ground's own ink.
                let ink: Tint = bar.chunk > 0 ? .ink : bar.kind.tint == .blue ? .onBlue : .onLight
                drawing.text("\(microbatch)", x: x + width / 2, y: y + 20, ink, anchor: .middle, size: 12)
            }
        }

        mutating func legend(palerChunks: Bool) {
            let kinds = PipelineBars.Kind.allCases.map { (name: $0.name, tint: $0.tint) }
            let end = drawing.legend(kinds + [("waiting", .track)], x: frame.left, y: frame.legend)
            let note = "numbers: micro-batches" + (palerChunks ? "; paler: later chunks" : "")
            drawing.text(note, x: end, y: frame.legend + 1, .soft)
        }

        mutating func caption(_ caption: [String]) {
            for (index, line) in caption.enumerated() {
                drawing.text(line, x: frame.left, y: frame.legend + 24 + frame.lineHeight * Double(index))
            }
        }

        var svg: String { drawing.svg }
    }
}

extension PipelineBars.Kind {
    var tint: Tint {
        switch self {
        case .forward: .blue
        case .backward: .orange
        case .optimizer: .green
        case .communication: .purple
        }
    }

    var name: String {
        switch self {
        case .forward: "forward"
        case .backward: "backward"
        case .optimizer: "optimizer"
        case .communication: "exposed communication"
        }
    }
}
