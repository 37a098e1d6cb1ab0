import Foundation
import Testing

/// The browser of this machine.
enum Browser {
    /// Where it is; `nil` where there is none.
    static let path = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
        .first { FileManager.default.isExecutableFile(atPath: $0) }

    /// The lines in the element `said` of a page, once its scripts have run.
    static func said(by html: String) throws -> [String] {
        let page = NSTemporaryDirectory() + "serre-script-\(UUID().uuidString.prefix(12)).html"
        defer { try? FileManager.default.removeItem(atPath: page) }
        try html.write(toFile: page, atomically: true, encoding: .utf8)
        let process = Process()
        process.executableURL = URL(fileURLWithPath: try #require(path))
        process.arguments = [
            "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom", "file://\(page)",
        ]
        let pipe = Pipe()
        (process.standardOutput, process.standardError) = (pipe, FileHandle.nullDevice)
        try process.run()
        let dom = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        let inside = try #require(dom.components(separatedBy: "<pre id=\"said\">").dropFirst().last)
        let text = try #require(inside.components(separatedBy: "</pre>").first)
        return text.replacing("&lt;", with: "<").replacing("&gt;", with: ">").replacing("&amp;", with: "&")
            .split(separator: "\n").map(String.init)
    }
}
