import JSONWriting

/// One event in Chrome's trace format, as far as Serre writes them. Times are whole nanoseconds from the step's start, so
/// that what nests in time nests in the file.
enum TraceEvent: Equatable {
    case processName(process: Int, String)
    case processOrder(process: Int, Int)
    case threadName(Thread, String)
    case threadOrder(Thread, Int)
    case slice(Thread, start: Int, end: Int, name: String, category: String, microbatch: Int?)
    /// An arrow between two threads leaves, or arrives; both ends have the same number and name.
    case flow(Thread, at: Int, isStart: Bool, number: Int, name: String)
    case counter(process: Int, at: Int, name: String, values: [Value])

    struct Thread: Equatable { var process, thread: Int }
    struct Value: Equatable {
        var name: String
        var bytes: Int
    }

    /// Adds the event as a JSON object.
    func append(to json: inout TraceText) {
        switch self {
        case .processName(let process, let name):
            json.raw("{\"ph\":\"M\",\"pid\":\(process),\"name\":\"process_name\",\"args\":{\"name\":")
            json.string(name)
            json.raw("}}")
        case .processOrder(let process, let index):
            json.raw(
                "{\"ph\":\"M\",\"pid\":\(process),\"name\":\"process_sort_index\",\"args\":{\"sort_index\":\(index)}}")
        case .threadName(let thread, let name):
            json.raw("{\"ph\":\"M\",")
            json.thread(thread)
            json.raw(",\"name\":\"thread_name\",\"args\":{\"name\":")
            json.string(name)
            json.raw("}}")
        case .threadOrder(let thread, let index):
            json.raw("{\"ph\":\"M\",")
            json.thread(thread)
            json.raw(",\"name\":\"thread_sort_index\",\"args\":{\"sort_index\":\(index)}}")
        case .slice(let thread, let start, let end, let name, let category, let microbatch):
            json.raw("{\"ph\":\"X\",")
            json.thread(thread)
            json.raw(",\"ts\":\(TraceText.microseconds(start))")
            json.raw(",\"dur\":\(TraceText.microseconds(end - start)),\"name\":")
            json.string(name)
            json.raw(",\"cat\":")
            json.string(category)
            json.raw(microbatch.map { ",\"args\":{\"microbatch\":\($0)}}" } ?? "}")
        case .flow(let thread, let time, let isStart, let number, let name):
            json.raw(isStart ? "{\"ph\":\"s\"," : "{\"ph\":\"f\",\"bp\":\"e\",")
            json.thread(thread)
            json.raw(",\"ts\":\(TraceText.microseconds(time)),\"id\":\(number),\"cat\":\"message\",\"name\":")
            json.string(name)
            json.raw("}")
        case .counter(let process, let time, let name, let values):
            json.raw("{\"ph\":\"C\",\"pid\":\(process),\"ts\":\(TraceText.microseconds(time)),\"name\":")
            json.string(name)
            json.raw(",\"args\":{")
            for (index, value) in values.enumerated() {
                json.raw(index > 0 ? "," : "")
                json.string(value.name)
                json.raw(":\(value.bytes)")
            }
            json.raw("}}")
        }
    }
}

/// Events as JSON, being written.
struct TraceText {
    private(set) var bytes: [UInt8] = []

    mutating func removeAll() { bytes.removeAll(keepingCapacity: true) }

    /// Text that is JSON already.
    mutating func raw(_ text: String) { bytes += text.utf8 }

    mutating func thread(_ thread: TraceEvent.Thread) { raw("\"pid\":\(thread.process),\"tid\":\(thread.thread)") }

    /// A string with what JSON wants escaped.
    mutating func string(_ text: String) { JSONString.append(text.utf8, to: &bytes, naming: .none) }

    /// Nanoseconds as microseconds with three decimals.
    static func microseconds(_ nanoseconds: Int) -> String {
        let rest = String(nanoseconds % 1000)
        return "\(nanoseconds / 1000)." + String(repeating: "0", count: 3 - rest.count) + rest
    }
}
