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
        let names = runs.map(\.record.summary.run.text).joined(separator: ", ")
        html = Self.assembled(title: names, data: try PageContent(runs, written: written).json())
    }

    private static func assembled(title: String, data: String) -> String {
        """
        <!doctype html>
        <html lang="en">
        <head>
        <meta charset="utf-8">
        <meta name="viewport" content="width=device-width, initial-scale=1">
        <meta http-equiv="Content-Security-Policy" content="default-src 'none'; script-src 'unsafe-inline'; \
        style-src 'unsafe-inline'; img-src data:">
        <meta name="generator" content="Serre">
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
        \(pageScript)
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
