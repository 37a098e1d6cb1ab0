import Foundation
import Ledger
import Testing

@testable import Pages

/// A repository with one run of six steps, two of them done again after a resume; removed with this value.
private final class RecordedRun {
    let folder: String
    let ledger: Ledger
    let run: RunID
    static let start = Date(timeIntervalSince1970: 1_795_470_301)

    init() throws {
        folder = NSTemporaryDirectory() + "serre-pages-\(UUID().uuidString.prefix(12))"
        ledger = try Ledger.create(at: folder)
        var manifest = RecordManifest(
            run: RunID(recipe: "nano", startedAt: Self.start), recipe: "nano", serre: .init(version: "0.1.0"))
        manifest.stepsPlanned = 6
        manifest.layout = ["tensor": 2, "data": 1, "interleave": 1]
        run = try ledger.begin(manifest, at: Self.start).run
        try append(.segment, 4, metrics: 1...4, after: 10)
        try append(.incident, 4, message: "a </script><b>loud</b> & \"sudden\" end", after: 12)
        try append(.resume, 2, after: 100)
        let losses = RecordFile(
            path: "evaluations/00000006.json", text: "{\"step\":6,\"bits_per_byte\":{\"de\":2.5,\"zh\":null}}")
        try append(.evaluation, 6, metrics: 3...6, files: [losses], after: 110)
    }

    private func append(
        _ kind: EventKind, _ step: Int, metrics: ClosedRange<Int>? = nil, message: String? = nil,
        files: [RecordFile] = [], after seconds: Double
    ) throws {
        var event = RunEvent(kind, step: step, files: files)
        if let message { event = RunEvent(kind, step: step, message: message) }
        if let metrics {
            let lines = metrics.map { step in
                let loss = step == 5 ? "null" : "\(7 - Double(step))"
                return """
                    {"step":\(step),"samples":\(8 * step),"tokens":\(256 * step),"loss":\(loss),"seconds":\(seconds / 20)}
                    """
            }
            event.files.append(RecordFile.metrics(steps: metrics, lines: lines))
        }
        _ = try ledger.append(event, to: run, at: Self.start.addingTimeInterval(seconds))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}

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
        #expect(run["state"] as? String == "running" && run["steps_planned"] as? Int == 6)
        #expect(run["layout"] as? String == "data 1, tensor 2")
        let events = try #require(run["events"] as? [[String: Any]])
        #expect(events.map { $0["kind"] as? String } == ["start", "segment", "incident", "resume", "evaluation"])
        #expect(events[2]["message"] as? String == "a </script><b>loud</b> & \"sudden\" end")
        let validation = try #require(run["validation"] as? [[String: Any]])
        #expect(validation.map { $0["language"] as? String } == ["de", "zh"])
        #expect(validation[0]["values"] as? [Double] == [2.5])
    }

    @Test func aTitleIsEscaped() {
        #expect(RunPage.escaped("<a href=\"x\">&</a>") == "&lt;a href=&quot;x&quot;&gt;&amp;&lt;/a&gt;")
    }
}
