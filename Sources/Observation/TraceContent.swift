/// The events of a trace by thread and by arrow, in whole nanoseconds.
struct TraceContent {
    struct Thread: Hashable, Comparable, CustomStringConvertible {
        var process, thread: ChromeTrace.Identifier

        static func < (a: Thread, b: Thread) -> Bool { (a.process, a.thread) < (b.process, b.thread) }
        var description: String { "process \(process), thread \(thread)" }
    }

    struct Slice {
        var start, end: Int
        var name: String
    }

    /// An end of an arrow.
    struct Mark {
        var thread: Thread
        var time: Int
    }

    /// The ends of arrows of one name, category and number.
    struct Arrow: Hashable {
        var name, category: String
        var number: ChromeTrace.Identifier

        var described: String { "arrow \(number) “\(name)”" }
    }

    private(set) var sliceCount = 0
    private(set) var counters = 0
    private var slices: [Thread: [Slice]] = [:]
    /// Slices that have begun and not ended, by thread.
    private var open: [Thread: [Slice]] = [:]
    private var starts: [Arrow: [Mark]] = [:]
    private var finishes: [Arrow: [Mark]] = [:]
    /// In the order in which they came.
    private var arrows: [Arrow] = []
    private var namedThreads = Set<Thread>()
    private var namedProcesses = Set<ChromeTrace.Identifier>()
    private var processes = Set<ChromeTrace.Identifier>()
    private var seen = Set<Thread>()

    var arrowCount: Int { starts.values.reduce(0) { $0 + $1.count } }
    /// Those that something happens on, in order.
    var threads: [Thread] { seen.sorted() }
    var unnamedProcesses: [ChromeTrace.Identifier] { processes.subtracting(namedProcesses).sorted() }
    func isNamed(_ thread: Thread) -> Bool { namedThreads.contains(thread) }

    /// Files an event; what is wrong with it, if anything is.
    mutating func add(_ event: ChromeTrace.Event) -> String? {
        if event.phase == "M" { return addName(event) }
        guard let time = event.time, time >= 0, time < 9e15 else { return "“ts” is no time" }
        guard let process = event.process else { return "“pid” is missing" }
        processes.insert(process)
        let now = Int((time * 1000).rounded())
        if event.phase == "C" { return addCounter(event) }
        guard let id = event.thread else { return "“tid” is missing" }
        let thread = Thread(process: process, thread: id)
        switch event.phase {
        case "X", "B", "E": return addSlice(event, thread, now)
        case "s", "f", "t": return addArrow(event, thread, now)
        case "i", "I", "b", "n", "e", "N", "O", "D", "P", "R": return nil
        default: return "“ph” is “\(event.phase)”, which no viewer knows"
        }
    }

    private mutating func addName(_ event: ChromeTrace.Event) -> String? {
        guard let process = event.process else { return "“pid” is missing" }
        switch event.name {
        case "process_name": namedProcesses.insert(process)
        case "thread_name":
            guard let thread = event.thread else { return "“tid” is missing" }
            namedThreads.insert(Thread(process: process, thread: thread))
        default: break
        }
        return nil
    }

    private mutating func addCounter(_ event: ChromeTrace.Event) -> String? {
        counters += 1
        guard let values = event.arguments, !values.isEmpty else { return "a counter without values" }
        for (name, value) in values.sorted(by: { $0.key < $1.key }) {
            guard case .number(let number) = value else { return "counter “\(name)” is no number" }
            if number < 0 { return "counter “\(name)” is negative" }
        }
        return nil
    }

    private mutating func addSlice(_ event: ChromeTrace.Event, _ thread: Thread, _ now: Int) -> String? {
        seen.insert(thread)
        switch event.phase {
        case "X":
            guard let duration = event.duration, duration >= 0, duration < 9e15 else { return "“dur” is no duration" }
            // Rounded ends, not rounded durations: two slices that meet must meet here too.
            let end = Int((((event.time ?? 0) + duration) * 1000).rounded())
            slices[thread, default: []].append(.init(start: now, end: max(now, end), name: event.name ?? ""))
            sliceCount += 1
        case "B": open[thread, default: []].append(.init(start: now, end: now, name: event.name ?? ""))
        default:
            guard var begun = open[thread]?.popLast() else { return "an end without a beginning" }
            guard begun.start <= now else { return "“\(begun.name)” ends before it begins" }
            begun.end = now
            slices[thread, default: []].append(begun)
            sliceCount += 1
        }
        return nil
    }

    private mutating func addArrow(_ event: ChromeTrace.Event, _ thread: Thread, _ now: Int) -> String? {
        seen.insert(thread)
        guard let number = event.number else { return "“id” is missing" }
        let arrow = Arrow(name: event.name ?? "", category: event.category ?? "", number: number)
        if starts[arrow] == nil, finishes[arrow] == nil { arrows.append(arrow) }
        switch event.phase {
        case "s": starts[arrow, default: []].append(.init(thread: thread, time: now))
        case "f": finishes[arrow, default: []].append(.init(thread: thread, time: now))
        default: break
        }
        return nil
    }

    // MARK: What is wrong between events

    /// Slices of a thread that overlap without one being inside the other, and those that never end.
    func nestingProblems(of thread: Thread) -> [String] {
        var problems = (open[thread] ?? []).map { "“\($0.name)” never ends" }
        var around: [Slice] = []
        let ordered = (slices[thread] ?? []).sorted { $0.start != $1.start ? $0.start < $1.start : $0.end > $1.end }
        for slice in ordered {
            while let last = around.last, last.end <= slice.start { around.removeLast() }
            if let last = around.last, slice.end > last.end {
                problems.append("“\(slice.name)” begins inside “\(last.name)” and ends after it")
                continue
            }
            around.append(slice)
        }
        return problems
    }

    func arrowProblems() -> [String] {
        var places: [Thread: SlicePlaces] = [:]
        var problems: [String] = []
        func isInSlice(_ mark: Mark) -> Bool {
            let known = places[mark.thread] ?? SlicePlaces(slices[mark.thread] ?? [])
            places[mark.thread] = known
            return known.contains(mark.time)
        }
        for arrow in arrows {
            let (begin, end) = (starts[arrow] ?? [], finishes[arrow] ?? [])
            // A number may serve several arrows, one after the other.
            guard begin.count == end.count else {
                problems.append("\(arrow.described) has \(begin.count) starts and \(end.count) finishes")
                continue
            }
            for (start, finish) in zip(begin.sorted { $0.time < $1.time }, end.sorted { $0.time < $1.time }) {
                if finish.time < start.time { problems.append("\(arrow.described) finishes before it starts") }
                if !isInSlice(start) { problems.append("\(arrow.described) starts in no slice") }
                if !isInSlice(finish) { problems.append("\(arrow.described) finishes in no slice") }
            }
        }
        return problems
    }
}

/// The times at which a thread has a slice, ends included.
private struct SlicePlaces {
    private var ranges: [(start: Int, end: Int)] = []

    init(_ slices: [TraceContent.Slice]) {
        for slice in slices.sorted(by: { $0.start < $1.start }) {
            if let last = ranges.last, slice.start <= last.end {
                ranges[ranges.count - 1].end = max(last.end, slice.end)
            } else {
                ranges.append((slice.start, slice.end))
            }
        }
    }

    func contains(_ time: Int) -> Bool {
        var (low, high) = (0, ranges.count)
        while low < high {
            let middle = (low + high) / 2
            if ranges[middle].start <= time { low = middle + 1 } else { high = middle }
        }
        return low > 0 && ranges[low - 1].end >= time
    }
}
