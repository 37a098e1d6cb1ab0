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

    @Test func aTitleIsEscaped() {
        #expect(RunPage.escaped("<a href=\"x\">&</a>") == "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;")
    }
}
