import Foundation
import Testing

extension EndToEnd {
    /// `serre report`, and the page in a real browser where one is installed.
    @Suite struct Report {
        let folder: TestFolder

        init() throws {
            folder = try TestFolder()
            try folder.makeRepository("repo")
            for seed in 1...2 {
                let options = "--set seed=\(seed) --steps 4 --output ../runs --json"
                #expect(try folder.serre(line: "train nano \(options)", at: "repo").status == 0)
            }
        }

        @Test func aPageIsOneFile() throws {
            let outcome = try folder.serre(line: "report -o ../run.html", at: "repo")
            #expect(outcome.status == 0 && outcome.output.isEmpty && outcome.errors.contains("Wrote ../run.html"))
            let unknown = try folder.serre(line: "report nothing -o ../x.html", at: "repo")
            #expect(unknown.status == 2)
            #expect(try unknown.sentence().contains("no record of this run"))
            let nowhere = try folder.serre(line: "report -o ../none/x.html", at: "repo")
            #expect(nowhere.status == 1)
            #expect(!folder.names(in: ".").contains("x.html"))
        }

        @Test(.enabled(if: Self.browser != nil, "needs Chromium: scripts/page-test installs it"))
        func aBrowserDrawsIt() throws {
            let list = try folder.serre(line: "runs list --json", at: "repo").objects()
            let ids = list.compactMap { $0["run"] as? String }
            _ = try folder.serre(line: "report \(ids.joined(separator: " ")) -o ../both.html", at: "repo")
            let page = try dom("both.html")
            #expect(page.contains("<h1 id=\"title\">2 runs</h1>"))
            #expect(page.contains("data-ready=\"6\"") || page.contains("data-ready=\"5\""), "the script failed")
            // What a screen reader says of the first chart has the last losses of both runs, as they were trained.
            #expect(page.contains("aria-label=\"Training loss against step. \(ids[0]): "))
            for id in ids { #expect(page.contains("<td>\(id)</td>")) }
            let one = try { () throws in
                _ = try folder.serre(line: "report latest -o ../one.html", at: "repo")
                return try dom("one.html")
            }()
            #expect(one.contains("4 of 10") && one.contains("<h1 id=\"title\">\(ids[1])</h1>"))
        }

        /// What a browser has made of a page.
        private func dom(_ page: String) throws -> String {
            let browser = try #require(Self.browser)
            let outcome = try folder.run(
                [
                    browser, "--headless", "--no-sandbox", "--disable-gpu", "--virtual-time-budget=5000", "--dump-dom",
                    "file://\(folder.path)/\(page)",
                ], seconds: 120)
            return outcome.output
        }

        static let browser = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"]
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }
}
