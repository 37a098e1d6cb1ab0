import ClusterProfiles
import Diagnostics
import Foundation
import Programs
import Recipes
import Simulation

@testable import Observation

/// Steps of shipped recipes on a shipped cluster.
enum Recordings {
    static func nano(_ layout: Layout, folded: Bool = true) throws -> StepRecording {
        var recipe = try Recipe.load("nano")
        recipe.layout = layout
        let profile = try ClusterProfile.load("jean-zay-v100-16g")
        guard folded else {
            return try VirtualClock(profile, layout: layout, precision: recipe.precision)
                .prepare(Lowering.programs(recipe), RankClasses(everyRankOf: layout)).record()
        }
        return try StepRecording(recipe, on: profile)
    }

    static func trace(
        _ recording: StepRecording, ranks: StepTrace.Ranks = .folded, microbatches: NumberList? = nil,
        detail: StepTrace.Detail? = nil
    ) throws -> StepTrace {
        try StepTrace(
            recording, title: "a “quoted\" title", acceleratorsPerNode: 4, ranks: ranks, microbatches: microbatches,
            detail: detail)
    }

    static func events(_ trace: StepTrace) throws -> [TraceEvent] {
        var events: [TraceEvent] = []
        try trace.forEachEvent { events.append($0) }
        return events
    }

    /// The bytes of a trace's file.
    static func file(_ trace: StepTrace) throws -> Data {
        let path = FileManager.default.temporaryDirectory.path + "/serre-trace-\(UUID().uuidString).json"
        defer { try? FileManager.default.removeItem(atPath: path) }
        try trace.write(to: path)
        return try Data(contentsOf: URL(fileURLWithPath: path))
    }

    /// Layouts of every schedule, ZeRO stage and kind of parallelism that `nano` allows.
    static let layouts: [Layout] = [
        Layout(), Layout(tensor: 2), Layout(data: 4, zero: 1), Layout(pipeline: 4, microBatch: 1),
        Layout(pipeline: 4, microBatch: 1, schedule: .gpipe), Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 1),
        Layout(tensor: 4, pipeline: 2, data: 2, microBatch: 1, zero: 0), Layout(data: 4, microBatch: 2, zero: 3),
        Layout(pipeline: 2, data: 2, microBatch: 1, zero: 2, recompute: .full),
        Layout(pipeline: 2, interleave: 2, data: 2, microBatch: 1, schedule: .interleaved),
        Layout(
            tensor: 2, pipeline: 2, interleave: 2, data: 2, microBatch: 2, schedule: .interleaved, zero: 3,
            sequenceParallel: true),
    ]
}
