import Diagnostics
import Foundation

/// The page of one run, or of several over each other: one HTML file that needs nothing else, not even a network.
///
///     let page = try RunPage([PageRun(run, from: ledger)], written: Date())
///     try AtomicFile.write(page.html, to: "run.html")
public struct RunPage: Sendable {
    /// The whole file.
    public let html: String

    /// Makes the page as of `written`; `runs` are shown in their order.
    public init(_ runs: [PageRun], written: Date) throws(Diagnostic) {
        try self.init(runs, PageContent(runs, written: written), isLive: false)
    }

    /// Makes the page that asks the server it came from for what is new since `revision`.
    public init(_ runs: [PageRun], written: Date, revision: String) throws(Diagnostic) {
        try self.init(runs, PageContent(runs, written: written, revision: revision), isLive: true)
    }

    private init(_ runs: [PageRun], _ content: PageContent, isLive: Bool) throws(Diagnostic) {
        let names = runs.map(\.record.summary.run.text).joined(separator: ", ")
        html = Self.assembled(title: names, data: try content.json(), isLive: isLive)
    }

    /// What a page that was made at an earlier revision lacks: of each run the steps from the index in `first` on, and the rest.
    public static func news(
        _ runs: [PageRun], from first: [Int], written: Date, revision: String
    ) throws(Diagnostic) -> String {
        try PageContent(runs, written: written, revision: revision).json(from: first)
    }

    private static func assembled(title: String, data: String, isLive: Bool) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
        style-src 'unsafe-inline'; img-src data:\(isLive ? "; connect-src 'self'" : "")">
        <meta name="generator" content="Serre">
        <link rel="icon" href="data:,">
        <title>\(escaped(title)) · Serre</title>
        <style>
        \(style)
        </style>
        </head>
        <body>
        \(markup)
        <script type="application/json" id="data">\(data)</script>
        <script>
        \(seriesScript)
        \(chartScript)
        \(heatScript)
        \(tileScript)
        \(suiteScript)
        \(pageScript)
        \(isLive ? liveScript : "")
        </script>
        </body>
        </html>

        """
    }

    static func escaped(_ text: String) -> String {
        text.replacing("&", with: "&amp;").replacing("<", with: "&lt;").replacing(">", with: "&gt;")
            .replacing("\"", with: "&quot;")
    }
}
