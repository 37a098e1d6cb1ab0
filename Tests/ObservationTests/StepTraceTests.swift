import ClusterProfiles
import Diagnostics
import Foundation
import Programs
import Recipes
import Simulation
import Testing

@testable import Observation

@Suite("Traces of a step") struct StepTraceTests {
    @Test("Every trace is sound, and no longer than it says", arguments: Recordings.layouts)
    func sound(layout: Layout) throws {
        let recording = try Recordings.nano(layout)
        for detail in StepTrace.Detail.allCases {
            for ranks in [StepTrace.Ranks.folded, .all] {
                let trace = try Recordings.trace(recording, ranks: ranks, detail: detail)
                let check = try TraceCheck(Recordings.file(trace))
                #expect(check.problems == [])
                #expect(check.events <= trace.events && check.slices > 0 && check.counters > 0)
            }
        }
    }

    @Test("The same step gives the same bytes") func deterministic() throws {
        let layout = Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 1)
        let first = try Recordings.file(Recordings.trace(Recordings.nano(layout)))
        #expect(try Recordings.file(Recordings.trace(Recordings.nano(layout))) == first)
        #expect(String(decoding: first, as: UTF8.self).contains(#"a “quoted\" title"#))
    }

    @Test("A rank that another stands for has the trace that it has by itself", arguments: Recordings.layouts)
    func standIns(layout: Layout) throws {
        let folded = try Recordings.events(Recordings.trace(Recordings.nano(layout), ranks: .all))
        let unfolded = try Recordings.events(Recordings.trace(Recordings.nano(layout, folded: false), ranks: .all))
        #expect(folded.count == unfolded.count)
        for (a, b) in zip(folded, unfolded) { #expect(Self.differ(a, b) <= 1, "\(a) and \(b)") }
    }

    /// Nanoseconds by which two events that are alike in all else differ: sums in another order are rounded differently.
    private static func differ(_ a: TraceEvent, _ b: TraceEvent) -> Int {
        let (a, b) = (parts(a), parts(b))
        guard a.timeless == b.timeless else { return .max }
        return zip(a.times, b.times).map { abs($0 - $1) }.max() ?? 0
    }

    /// An event without its times, and these.
    private static func parts(_ event: TraceEvent) -> (timeless: TraceEvent, times: [Int]) {
        switch event {
        case .slice(let thread, let start, let end, let name, let category, let microbatch):
            let timeless = TraceEvent.slice(
                thread, start: 0, end: 0, name: name, category: category, microbatch: microbatch)
            return (timeless, [start, end])
        case .flow(let thread, let time, let isStart, let number, let name):
            return (.flow(thread, at: 0, isStart: isStart, number: number, name: name), [time])
        case .counter(let process, let time, let name, let values):
            return (.counter(process: process, at: 0, name: name, values: values), [time])
        default: return (event, [])
        }
    }

    @Test("The last slice ends with the step; passes of a rank fill what it does not wait for") func wholeStep() throws
    {
        let recording = try Recordings.nano(Layout(pipeline: 4, microBatch: 1))
        let events = try Recordings.events(Recordings.trace(recording, detail: .passes))
        var last = 0
        var passes: [String: Int] = [:]
        for case .slice(_, _, let end, let name, let category, _) in events {
            last = max(last, end)
            if category == "pass" { passes[name, default: 0] += 1 }
        }
        #expect(last == Int((recording.timing.seconds * 1e9).rounded()))
        let forwards = recording.programs.flatMap(\.actions).count { _ in true }
        #expect(passes["forward"] == 4 * 16 && passes["backward"] == 4 * 16, "\(passes), of \(forwards) actions")
        #expect(passes["optimizer step"] == 4)
    }

    @Test("Arrows lead from each message to its receiver, none to ranks that are not shown") func arrows() throws {
        let recording = try Recordings.nano(Layout(pipeline: 4, microBatch: 1))
        func count(_ ranks: StepTrace.Ranks, _ microbatches: NumberList? = nil) throws -> Int {
            try Recordings.events(Recordings.trace(recording, ranks: ranks, microbatches: microbatches)).count {
                if case .flow(_, _, let isStart, _, _) = $0 { isStart } else { false }
            }
        }
        #expect(try count(.all) == 2 * 3 * 16)
        #expect(try count(.listed(NumberList("0,1", upTo: 3, key: ""))) == 2 * 16)
        #expect(try count(.listed(NumberList("0,2", upTo: 3, key: ""))) == 0)
        #expect(try count(.all, NumberList("0-2", upTo: 15, key: "")) == 2 * 3 * 3)
    }

    @Test("Only the micro-batches asked for are there, and the end of the step") func microbatches() throws {
        let recording = try Recordings.nano(Layout(pipeline: 2, microBatch: 1))
        let trace = try Recordings.trace(recording, microbatches: NumberList("3,5-6", upTo: 15, key: ""))
        var seen = Set<Int>()
        var names = Set<String>()
        for case .slice(_, _, _, let name, _, let microbatch) in try Recordings.events(trace) {
            microbatch.map { _ = seen.insert($0) }
            names.insert(name)
        }
        #expect(seen == [3, 5, 6])
        #expect(names.isSuperset(of: ["forward", "backward", "optimizer step", "attention"]))
        #expect(try TraceCheck(Recordings.file(trace)).isSound)
    }

    @Test("Memory in use rises to what the plan holds", arguments: Recordings.layouts) func memory(layout: Layout)
        throws
    {
        let recording = try Recordings.nano(layout)
        let events = try Recordings.events(Recordings.trace(recording))
        for (track, rank) in recording.timing.ranks.enumerated() {
            let plan = MemoryPlan(recording.programs[track])
            var most: [String: Int] = [:]
            var values: [[TraceEvent.Value]] = []
            for case .counter(_, _, "rank \(rank.rank) memory in use", let bytes) in events {
                values.append(bytes)
                for value in bytes { most[value.name] = max(most[value.name] ?? 0, value.bytes) }
            }
            for kind in BufferDeclaration.Kind.allCases where kind != .activations || layout.interleave == 1 {
                #expect(most[kind.rawValue] == plan.bytes(of: kind), "\(kind)")
            }
            #expect(zip(values, values.dropFirst()).allSatisfy { $0 != $1 }, "only what changes is written")
            #expect(values.last?.first { $0.name == "activations" }?.bytes == 0)
        }
    }

    @Test("Too many events are refused where they are asked for, and passes shown where they are not") func limit()
        throws
    {
        let recipe = try Recipe.load("bloom-176b")
        let recording = try StepRecording(recipe, on: ClusterProfile.load("jean-zay-a100"))
        #expect(try Recordings.trace(recording).detail == .passes)
        for (ranks, detail) in [(StepTrace.Ranks.folded, StepTrace.Detail.instructions), (.all, .passes)] {
            let error = #expect(throws: Diagnostic.self) {
                try Recordings.trace(recording, ranks: ranks, detail: detail)
            }
            #expect(error?.code == "timeline.too-long")
            #expect(error?.exitStatus == 2)
        }
        let few = try Recordings.trace(recording, microbatches: NumberList("0-7", upTo: 127, key: ""))
        #expect(few.detail == .instructions)
    }

    @Test("Lists of numbers", arguments: [("0", [0]), ("3,1", [1, 3]), ("0-2,2-4,7", [0, 1, 2, 3, 4, 7])])
    func lists(text: String, numbers: [Int]) throws {
        let list = try NumberList(text, upTo: 7, key: "--ranks")
        #expect(list.numbers == numbers && list.count == numbers.count)
        #expect((0...8).filter(list.contains) == numbers)
    }

    @Test(
        "What is no list of numbers that are there", arguments: ["", "8", "a", "1-", "-1", "2-1", "0,,1", "0-8", "1 2"])
    func badLists(text: String) throws {
        let error = #expect(throws: Diagnostic.self) { try NumberList(text, upTo: 7, key: "--ranks") }
        #expect(error?.code == "timeline.numbers")
        #expect(error?.location?.key == "--ranks")
    }
}
