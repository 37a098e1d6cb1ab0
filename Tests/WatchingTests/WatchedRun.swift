import Foundation
import Ledger
import Pages

/// A repository with one run of three steps, and one who follows it; removed with this value.
final class WatchedRun {
    let folder: String
    let ledger: Ledger
    let run: RunID
    let follower: RunFollower
    private static let start = Date(timeIntervalSince1970: 1_795_470_301)

    init() throws {
        folder = NSTemporaryDirectory() + "serre-watching-\(UUID().uuidString.prefix(12))"
        ledger = try Ledger.create(at: folder)
        var manifest = RecordManifest(
            run: RunID(recipe: "na\"no", startedAt: Self.start), recipe: "na\"no", serre: .init(version: "0.1.0"))
        manifest.stepsPlanned = 9
        run = try ledger.begin(manifest, at: Self.start).run
        try Self.append(1...3, to: run, in: ledger)
        follower = try RunFollower(run, in: ledger)
    }

    /// Records steps, and looks at them: the index of the first.
    func advance(_ steps: ClosedRange<Int>) throws -> Int? {
        try Self.append(steps, to: run, in: ledger)
        return follower.refresh()
    }

    private static func append(_ steps: ClosedRange<Int>, to run: RunID, in ledger: Ledger) throws {
        let lines = steps.map {
            "{\"step\":\($0),\"samples\":\(8 * $0),\"tokens\":\(64 * $0),\"loss\":\($0 == 3 ? "null" : "2.5"),\"seconds\":1}"
        }
        let losses = RecordFile(
            path: "evaluations/0000000\(steps.upperBound).json",
            text: "{\"step\":\(steps.upperBound),\"bits_per_byte\":{\"de\":2.25}}")
        let metrics = RecordFile.metrics(steps: steps, lines: lines)
        let event = RunEvent(.segment, step: steps.upperBound, files: [metrics, losses])
        _ = try ledger.append(event, to: run, at: start.addingTimeInterval(Double(steps.upperBound)))
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}
