import Foundation
import Ledger

/// A repository with one run of six steps, two of them done again after a resume; removed with this value.
final class RecordedRun {
    let folder: String
    let ledger: Ledger
    let run: RunID
    static let start = Date(timeIntervalSince1970: 1_795_470_301)

    init(environment: ((RunID, String) -> RunEnvironment)? = nil) throws {
        folder = NSTemporaryDirectory() + "serre-pages-\(UUID().uuidString.prefix(12))"
        ledger = try Ledger.create(at: folder)
        let id = RunID(recipe: "nano", startedAt: Self.start)
        var manifest = RecordManifest(run: id, recipe: "nano", serre: .init(version: "0.1.0"))
        manifest.stepsPlanned = 6
        manifest.layout = ["tensor": 2, "data": 1, "interleave": 1]
        let here = folder + "/" + id.text
        let files = try environment.map { [try $0(id, here).recordFile()] } ?? []
        run = try ledger.begin(manifest, files: files, at: Self.start).run
        try append(.segment, 4, metrics: 1...4, after: 10)
        try append(.incident, 4, message: "a </script><b>loud</b> & \"sudden\" end", after: 12)
        manifest.layout = ["tensor": 1, "data": 1, "interleave": 1]
        let resumed = RecordFile(
            path: "resumes/00000002.json", content: Array(try JSONEncoder().encode(manifest)))
        try append(.resume, 2, files: [resumed], after: 100)
        let losses = RecordFile(
            path: "evaluations/00000006.json", text: "{\"step\":6,\"bits_per_byte\":{\"de\":2.5,\"zh\":null}}")
        try append(.evaluation, 6, metrics: 3...6, files: [losses], after: 110)
    }

    func append(
        _ kind: EventKind, _ step: Int, metrics: ClosedRange<Int>? = nil, message: String? = nil,
        files: [RecordFile] = [], after seconds: Double
    ) throws {
        var event = RunEvent(kind, step: step, files: files)
        if let message { event = RunEvent(kind, step: step, message: message) }
        if let metrics {
            let lines = metrics.map { Self.line($0, seconds: seconds / 20) }
            event.files.append(RecordFile.metrics(steps: metrics, lines: lines))
        }
        _ = try ledger.append(event, to: run, at: Self.start.addingTimeInterval(seconds))
    }

    /// The line of a step; the fifth has a loss that is not finite.
    static func line(_ step: Int, seconds: Double, loss: Double? = nil) -> String {
        let loss = loss.map { "\($0)" } ?? (step == 5 ? "null" : "\(7 - Double(step))")
        return """
            {"step":\(step),"samples":\(8 * step),"tokens":\(256 * step),"loss":\(loss),"seconds":\(seconds)}
            """
    }

    /// The results of a suite with a figure over all items, one of a language and one of a source, as serre evaluate records them.
    static func suite(step: Int) -> RecordFile {
        let figures = [
            #"{"items":4,"low":0.1,"high":0.9,"metric":"acc","value":0.5}"#,
            #"{"items":2,"language":"de","metric":"acc","value":0.25}"#,
            #"{"items":4,"source":"web","metric":"acc","value":0.125}"#,
        ].joined(separator: ",")
        let model = #"{"step":\#(step),"state_digest":"sha256:0123456789abcdef"}"#
        let task = #"{"name":"words","metrics":[\#(figures)],"items":[{},{},{},{}]}"#
        let suites = #"[{"name":"plants","digest":"sha256:99","tasks":[\#(task)]}]"#
        return RecordFile(
            path: "suites/0000000\(step)/plants.json",
            text: #"{"format":"serre-evaluation","version":1,"model":\#(model),"suites":\#(suites)}"#)
    }

    deinit { try? FileManager.default.removeItem(atPath: folder) }
}
