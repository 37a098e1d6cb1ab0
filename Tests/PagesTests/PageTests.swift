import Foundation
import Ledger
import Testing

@testable import Pages

@Suite struct PageTests {
    @Test func stepsDoneAgainCountOnceAndTimesFollowTheRecord() throws {
        let recorded = try RecordedRun()
        let columns = try PageRun(recorded.run, from: recorded.ledger).columns
        #expect(columns.step == [1, 2, 3, 4, 5, 6])
        #expect(columns.loss == [6, 5, 4, 3, nil, 1])
        #expect(columns.tokens == [256, 512, 768, 1024, 1280, 1536])
        #expect(columns.gradientNorm.allSatisfy { $0 == nil })
        // Steps 1 and 2 follow the start; 3 to 6, of 5.5 s each, follow the resume.
        let times = columns.time.map { $0 - RecordedRun.start.timeIntervalSince1970 }
        #expect(times == [0.5, 1, 105.5, 111, 116.5, 122])
    }

    @Test func thePageHoldsItsDataAndFetchesNothing() throws {
        let recorded = try RecordedRun()
        let html = try RunPage([PageRun(recorded.run, from: recorded.ledger)], written: RecordedRun.start).html
        #expect(html.hasPrefix("<!doctype html>") && html.contains("<title>\(recorded.run) · Serre</title>"))
        #expect(html.components(separatedBy: "</script>").count == 3)
        for fetch in ["http://", "https://", " src=", "@import", "url(", "fetch(", "XMLHttp"] {
            #expect(!html.contains(fetch), "\(fetch)")
        }
        let text = try #require(html.split(separator: "id=\"data\">").last?.split(separator: "</script>").first)
        let data = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let run = try #require((data["runs"] as? [[String: Any]])?.first)
        #expect(run["state"] as? String == "stale" && run["steps_planned"] as? Int == 6)
        #expect(run["layout"] as? String == "data 1, tensor 2")
        let events = try #require(run["events"] as? [[String: Any]])
        #expect(events.map { $0["kind"] as? String } == ["start", "segment", "incident", "resume", "evaluation"])
        #expect(events[2]["message"] as? String == "a </script><b>loud</b> & \"sudden\" end")
        #expect(events[3]["changed"] as? String == "tensor 2 → 1")
        let steps = try #require(run["steps"] as? [String: Any])
        #expect(steps["at"] as? Int == 0 && steps["tokens"] as? [String: Int] == ["first": 256, "by": 256, "count": 6])
        #expect((steps["loss"] as? [Any])?.compactMap { $0 as? Double } == [6, 5, 4, 3, 1])
        #expect(steps["learning_rate"] == nil && steps["elapsed"] as? [Double] == [0.5, 1, 105.5, 111, 116.5, 122])
        let validation = try #require(run["validation"] as? [[String: Any]])
        #expect(validation.map { $0["language"] as? String } == ["de", "zh"])
        #expect(validation[0]["values"] as? [Double] == [2.5])
    }

    @Test func resultsOfSuitesAreOnThePage() throws {
        let recorded = try RecordedRun()
        let follower = try RunFollower(recorded.run, in: recorded.ledger)
        #expect(follower.page.suites.isEmpty)
        for step in [2, 6] {
            try recorded.append(.examination, step, files: [RecordedRun.suite(step: step)], after: 500)
        }
        #expect(follower.refresh() != nil)
        let html = try RunPage([follower.page], written: RecordedRun.start).html
        let text = try #require(html.split(separator: "id=\"data\">").last?.split(separator: "</script>").first)
        let data = try #require(try JSONSerialization.jsonObject(with: Data(text.utf8)) as? [String: Any])
        let run = try #require((data["runs"] as? [[String: Any]])?.first)
        let suites = try #require(run["suites"] as? [[String: Any]])
        #expect(suites.map { $0["step"] as? Int } == [6, 2])
        #expect(suites[0]["model"] as? String == "sha256:0123456789abcdef")
        // The figure over all items, and neither the language's nor the source's.
        let figures = try #require(suites[0]["figures"] as? [[String: Any]])
        #expect(figures.map { $0["value"] as? Double } == [0.5] && figures[0]["low"] as? Double == 0.1)
    }

    @Test(.enabled(if: Browser.path != nil)) func aBrowserShowsTheResultsOfSuites() throws {
        let (plain, recorded) = (try RecordedRun(), try RecordedRun())
        for step in [2, 6] {
            try recorded.append(.examination, step, files: [RecordedRun.suite(step: step)], after: 500)
        }
        func said(_ run: RecordedRun) throws -> [String] {
            let page = try RunPage([PageRun(run.run, from: run.ledger)], written: RecordedRun.start).html
            let tell = """
                <pre id="said"></pre><script>
                const rows = [...document.querySelectorAll("#suites tr")].map(row => [...row.children].map(cell => cell.textContent).join("|"));
                document.getElementById("said").textContent = [`hidden ${document.getElementById("examined").hidden}`, ...rows].join("\\n");
                </script></body>
                """
            return try Browser.said(by: page.replacing("</body>", with: tell))
        }
        #expect(try said(plain).first == "hidden true")
        let row = "words|acc|0.5000|0.1000 to 0.9000|4|0123456789ab"
        #expect(
            try said(recorded) == [
                "hidden false", "Suite|Step|Task|Figure|Value|95 % interval|Items|Model", "plants|6|" + row,
                "plants|2|" + row,
            ])
    }

    @Test func aTitleIsEscaped() {
        #expect(RunPage.escaped("<a href=\"x\">&</a>") == "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;")
    }
}
