import Diagnostics
import Foundation

/// What is wrong with a trace, as a viewer would find out: slices that overlap, arrows without an end, threads without a
/// name, counters below zero.
public struct TraceCheck: Sendable, Equatable {
    public private(set) var events = 0
    public private(set) var slices = 0
    public private(set) var arrows = 0
    public private(set) var counters = 0
    /// Threads with something on them.
    public private(set) var threads = 0
    /// The first ``problemsMost`` things that are wrong.
    public private(set) var problems: [String] = []
    /// How many there are.
    public private(set) var problemCount = 0

    public static let problemsMost = 20

    public var isSound: Bool { problemCount == 0 }

    /// Throws `trace.file` for a file that cannot be read, `trace.json` for one that is no trace at all.
    public init(file path: String) throws(Diagnostic) { self.init(try ChromeTrace(file: path)) }

    /// The same for a file's content.
    init(_ json: Data) throws(Diagnostic) { self.init(try ChromeTrace(json, file: "trace")) }

    init(_ trace: ChromeTrace) {
        events = trace.events.count
        var content = TraceContent()
        for (index, event) in trace.events.enumerated() {
            if let problem = content.add(event) { note("event \(index): \(problem)") }
        }
        if trace.events.isEmpty { note("there is no event") }
        slices = content.sliceCount
        counters = content.counters
        arrows = content.arrowCount
        threads = content.threads.count
        for thread in content.threads { check(thread, content) }
        for process in content.unnamedProcesses { note("process \(process) has no name") }
        for problem in content.arrowProblems() { note(problem) }
    }

    private mutating func note(_ problem: String) {
        problemCount += 1
        if problems.count < Self.problemsMost { problems.append(problem) }
    }

    private mutating func check(_ thread: TraceContent.Thread, _ content: TraceContent) {
        if !content.isNamed(thread) { note("\(thread) has no name") }
        for problem in content.nestingProblems(of: thread) { note("\(thread): \(problem)") }
    }
}

extension TraceCheck: Encodable {
    enum CodingKeys: String, CodingKey { case sound, events, slices, arrows, counters, threads, problems }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(isSound, forKey: .sound)
        try container.encode(events, forKey: .events)
        try container.encode(slices, forKey: .slices)
        try container.encode(arrows, forKey: .arrows)
        try container.encode(counters, forKey: .counters)
        try container.encode(threads, forKey: .threads)
        try container.encode(problems, forKey: .problems)
    }
}
