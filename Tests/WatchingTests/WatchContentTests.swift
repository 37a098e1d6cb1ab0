import Foundation
import Testing

@testable import Watching

@Suite struct WatchContentTests {
    private func object(_ bytes: [UInt8]?) throws -> [String: Any] {
        let data = Data(try #require(bytes))
        return try #require(try JSONSerialization.jsonObject(with: data) as? [String: Any])
    }

    /// The index that the steps of the first run begin at, and how many there are.
    private func steps(_ bytes: [UInt8]?) throws -> [Int] {
        let run = try #require((try object(bytes)["runs"] as? [[String: Any]])?.first)
        let steps = try #require(run["steps"] as? [String: Any])
        let elapsed = try #require(steps["elapsed"] as? [Double])
        return [try #require(steps["at"] as? Int), elapsed.count]
    }

    @Test func newsAreASuffixOfTheSteps() throws {
        let watched = try WatchedRun()
        let content = WatchContent([watched.follower.page])
        let first = content.revision
        #expect(try content.news(since: first) == nil)
        let four = try #require(try watched.advance(4...6))
        content.publish([watched.follower.page], changes: [four])
        let second = content.revision
        #expect(second != first)
        #expect(try steps(content.news(since: first)) == [3, 3])
        let seven = try #require(try watched.advance(7...8))
        content.publish([watched.follower.page], changes: [seven])
        #expect(try steps(content.news(since: first)) == [3, 5])
        #expect(try steps(content.news(since: second)) == [6, 2])
        #expect(try object(content.news(since: second))["revision"] as? String == content.revision)
        // Steps done again are sent again.
        content.publish([watched.follower.page], changes: [2])
        #expect(try steps(content.news(since: second)) == [2, 6])
    }

    @Test(arguments: ["", "other-0", "-1", "x"]) func whoeverIsNotKnownGetsEverything(since: String) throws {
        let watched = try WatchedRun()
        let content = WatchContent([watched.follower.page])
        content.publish([watched.follower.page], changes: [3])
        #expect(try steps(content.news(since: since)) == [0, 3])
        let ahead = content.revision.split(separator: "-")[0] + "-99"
        #expect(try steps(content.news(since: String(ahead))) == [0, 3])
        // Anybody may ask for anything.
        for number in [Int.min, -1, Int.max] {
            let name = content.revision.split(separator: "-")[0]
            #expect(try steps(content.news(since: "\(name)-\(number)")) == [0, 3])
        }
    }

    @Test func whoeverIsFarBehindGetsEverything() throws {
        let watched = try WatchedRun()
        let content = WatchContent([watched.follower.page])
        let first = content.revision
        for _ in 0...WatchContent.changesMax { content.publish([watched.follower.page], changes: [3]) }
        #expect(try steps(content.news(since: first)) == [0, 3])
    }

    @Test func metricsSayWhatIsKnown() throws {
        let watched = try WatchedRun()
        let content = WatchContent([watched.follower.page])
        let lines = String(decoding: content.metrics(), as: UTF8.self).split(separator: "\n")
        let run = "run=\"\(watched.run)\""
        #expect(lines.contains("serre_run_step{\(run)} 3"))
        #expect(lines.contains("serre_run_steps_planned{\(run)} 9"))
        #expect(lines.contains("serre_run_tokens{\(run)} 192"))
        #expect(lines.contains("serre_run_loss{\(run)} NaN"))
        #expect(lines.contains("serre_run_info{\(run),recipe=\"na\\\"no\",serre=\"0.1.0\"} 1"))
        #expect(lines.contains("serre_run_validation{\(run),measure=\"bits_per_byte\",language=\"de\"} 2.25"))
        #expect(lines.contains { $0.hasPrefix("serre_run_state{\(run),state=\"live\"}") })
        // Not recorded: not said.
        #expect(!lines.contains { $0.contains("energy") || $0.contains("gradient_norm") })
        _ = try watched.advance(4...4)
        content.publish([watched.follower.page], changes: [3])
        #expect(String(decoding: content.metrics(), as: UTF8.self).contains("serre_run_loss{\(run)} 2.5\n"))
    }
}
