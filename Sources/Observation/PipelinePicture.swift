import Diagnostics
import Integrity
import Programs
import Recipes
import Simulation

/// The stages of a pipeline over one step, as an SVG of its own: a row for each stage, an axis in seconds, a legend.
///
/// Colours are those of Okabe and Ito (2008), which people with any colour vision tell apart; forwards are dark with light
/// numbers, backwards light with dark ones. The same step gives the same bytes.
public struct PipelinePicture {
    /// The whole picture.
    public let svg: String

    /// - Parameters:
    ///   - title: what is shown, one line.
    ///   - caption: lines below the picture.
    public init(_ recording: StepRecording, title: String, caption: [String] = []) {
        let frame = Frame(stages: recording.layout.pipeline, captions: caption.count, seconds: recording.timing.seconds)
        var page = Page(frame, title: title, description: Self.description(recording))
        page.axis()
        for stage in 0..<recording.layout.pipeline {
            let rank = Coordinate(tensor: 0, data: 0, pipeline: stage).rank(in: recording.layout)
            let bars = PipelineBars(recording, track: recording.track(of: rank), least: frame.secondsPerPixel)
            page.row(stage, bars.coarsened(frame.secondsPerPixel), chunks: recording.layout.interleave)
        }
        page.legend(palerChunks: recording.layout.interleave > 1)
        page.caption(caption)
        svg = page.svg
    }

    /// Writes the picture to `path`, all or nothing.
    public func write(to path: String) throws(Diagnostic) { try AtomicFile.write(svg, to: path) }

    private static func description(_ recording: StepRecording) -> String {
        let stages = recording.layout.pipeline
        return
            "\(stages) row\(stages == 1 ? "" : "s"), one for each pipeline stage, from left to right over the time of "
            + "one optimiser step. Bars are forward and backward passes with the number of their micro-batch, "
            + "communication that nothing hides, and the optimiser; gaps are waiting."
    }

    /// Where things are, in pixels.
    struct Frame {
        let stages, captions: Int
        let seconds: Double
        let width = 960.0
        let left = 70.0
        let right = 18.0
        let top = 44.0
        let rowHeight = 30.0
        let rowPitch = 38.0
        let lineHeight = 18.0

        var plotWidth: Double { width - left - right }
        var axis: Double { top + rowPitch * Double(stages) }
        var legend: Double { axis + 52 }
        var height: Double { legend + 24 + lineHeight * Double(captions) }
        var secondsPerPixel: Double { seconds / plotWidth }

        func x(_ time: Double) -> Double { left + (seconds > 0 ? time / seconds * plotWidth : 0) }
        func row(_ stage: Int) -> Double { top + rowPitch * Double(stage) }

        /// Round times for the axis, and the decimals that they need.
        var ticks: (times: [Double], decimals: Int) {
            guard seconds > 0, seconds.isFinite else { return ([0], 0) }
            var (unit, decimals) = (1.0, 0)
            while seconds / unit < 4, decimals < 9 { (unit, decimals) = (unit / 10, decimals + 1) }
            while seconds / unit > 40 { unit *= 10 }
            let step = [1.0, 2, 5].first { seconds / (unit * $0) <= 10 } ?? 5
            return ((0...Int(seconds / (unit * step))).map { Double($0) * unit * step }, decimals)
        }
    }
}
