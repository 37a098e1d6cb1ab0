import Diagnostics
import Foundation
import Recipes
import Testing

@testable import Observation

@Suite("The check of a trace") struct TraceCheckTests {
    static let names =
        #"{"ph":"M","pid":1,"name":"process_name","args":{"name":"p"}},{"ph":"M","pid":1,"tid":2,"name":"thread_name","args":{"name":"t"}}"#

    static func check(_ events: String) throws -> TraceCheck {
        try TraceCheck(Data(("[" + names + (events.isEmpty ? "" : ",") + events + "]").utf8))
    }

    static func slice(_ start: Double, _ duration: Double, thread: Int = 2) -> String {
        #"{"ph":"X","pid":1,"tid":\#(thread),"ts":\#(start),"dur":\#(duration),"name":"s"}"#
    }

    @Test(
        "What a viewer loads",
        arguments: [
            slice(0, 10) + "," + slice(0, 5) + "," + slice(5, 5) + "," + slice(10, 1),
            slice(0, 10) + "," + slice(2, 0) + "," + slice(10, 0),
            // In any order, and with thousandths that meet.
            slice(5.125, 4.875) + "," + slice(0, 10) + "," + slice(0, 5.125),
            #"{"ph":"B","pid":1,"tid":2,"ts":1,"name":"b"},{"ph":"B","pid":1,"tid":2,"ts":2},{"ph":"E","pid":1,"tid":2,"ts":3},{"ph":"E","pid":1,"tid":2,"ts":9}"#,
            #"{"ph":"C","pid":1,"ts":0,"name":"c","args":{"bytes":0,"more":2.5}}"#,
            slice(0, 9)
                + #",{"ph":"s","pid":1,"tid":2,"ts":1,"id":4,"name":"m"},{"ph":"f","pid":1,"tid":2,"ts":9,"id":4,"name":"m","bp":"e"}"#,
            #"{"ph":"i","pid":1,"tid":2,"ts":1,"name":"mark","s":"t"}"#,
        ])
    func good(events: String) throws {
        let check = try Self.check(events)
        #expect(check.problems == [])
        #expect(check.isSound)
    }

    @Test(
        "What a viewer would show wrongly",
        arguments: [
            ("", "", "there is no event"),
            (slice(0, 10) + "," + slice(5, 10), names, "begins inside “s” and ends after it"),
            (slice(0, -1), names, "“dur” is no duration"),
            (#"{"ph":"X","pid":1,"tid":2,"ts":0,"name":"s"}"#, names, "“dur” is no duration"),
            (#"{"ph":"X","pid":1,"tid":2,"dur":1,"name":"s"}"#, names, "“ts” is no time"),
            (#"{"ph":"X","pid":1,"tid":2,"ts":-1,"dur":1}"#, names, "“ts” is no time"),
            (#"{"ph":"X","pid":1,"ts":0,"dur":1}"#, names, "“tid” is missing"),
            (#"{"ph":"X","tid":2,"ts":0,"dur":1}"#, names, "“pid” is missing"),
            (#"{"ph":"Q","pid":1,"tid":2,"ts":0}"#, names, "“ph” is “Q”"),
            (slice(0, 1, thread: 3), names, "process 1, thread 3 has no name"),
            (#"{"ph":"C","pid":7,"ts":0,"name":"c","args":{"bytes":1}}"#, names, "process 7 has no name"),
            (#"{"ph":"C","pid":1,"ts":0,"name":"c","args":{"bytes":-1}}"#, names, "counter “bytes” is negative"),
            (#"{"ph":"C","pid":1,"ts":0,"name":"c","args":{"bytes":"1"}}"#, names, "counter “bytes” is no number"),
            (#"{"ph":"C","pid":1,"ts":0,"name":"c"}"#, names, "a counter without values"),
            (#"{"ph":"E","pid":1,"tid":2,"ts":3}"#, names, "an end without a beginning"),
            (#"{"ph":"B","pid":1,"tid":2,"ts":3,"name":"b"}"#, names, "“b” never ends"),
            (
                slice(0, 9) + #",{"ph":"s","pid":1,"tid":2,"ts":5,"id":4,"name":"m"}"#, names,
                "arrow 4 “m” has 1 starts and 0 finishes"
            ),
            (
                slice(0, 9) + #",{"ph":"f","pid":1,"tid":2,"ts":5,"id":4,"name":"m"}"#, names,
                "arrow 4 “m” has 0 starts and 1 finishes"
            ),
            (
                slice(0, 9)
                    + #",{"ph":"s","pid":1,"tid":2,"ts":5,"id":4,"name":"m"},{"ph":"f","pid":1,"tid":2,"ts":4,"id":4,"name":"m"}"#,
                names, "arrow 4 “m” finishes before it starts"
            ),
            (
                slice(0, 3)
                    + #",{"ph":"s","pid":1,"tid":2,"ts":1,"id":4,"name":"m"},{"ph":"f","pid":1,"tid":2,"ts":4,"id":4,"name":"m"}"#,
                names, "arrow 4 “m” finishes in no slice"
            ),
        ])
    func bad(events: String, names: String, problem: String) throws {
        let check = try TraceCheck(Data("[\([names, events].filter { !$0.isEmpty }.joined(separator: ","))]".utf8))
        #expect(check.problems.count == 1, "\(check.problems)")
        #expect(check.problems.first?.contains(problem) == true, "\(check.problems)")
    }

    @Test("A trace of ours with any event changed for the worse is not sound") func damaged() throws {
        let recording = try Recordings.nano(Layout(pipeline: 2, microBatch: 4))
        let text = String(decoding: try Recordings.file(Recordings.trace(recording)), as: UTF8.self)
        let lines = text.split(separator: "\n").map(String.init)
        func check(_ lines: [String]) throws -> TraceCheck { try TraceCheck(Data(lines.joined(separator: "\n").utf8)) }
        #expect(try check(lines).isSound)
        func without(_ mark: String) throws -> Bool {
            let index = try #require(lines.firstIndex { $0.contains(mark) })
            return try check(Array(lines[..<index] + lines[(index + 1)...])).isSound
        }
        #expect(try !without("thread_name"))
        #expect(try !without("process_name"))
        #expect(try !without(#""ph":"s""#))
        #expect(try !without(#""ph":"f""#))
        let longer = try #require(lines.firstIndex { $0.contains(#""name":"forward""#) })
        var changed = lines
        changed[longer] = changed[longer].replacing(/"dur":(\d+)/) { "\"dur\":1\($0.1)" }
        #expect(try !check(changed).isSound)
    }

    @Test(
        "What is no trace at all",
        arguments: [
            "", "[", "{}", "17", #"{"traceEvents":3}"#, #"[{"pid":1}]"#, #"[{"ph":7}]"#, #"[{"ph":"X","ts":"now"}]"#,
        ])
    func noTrace(text: String) throws {
        let error = #expect(throws: Diagnostic.self) { try TraceCheck(Data(text.utf8)) }
        #expect(error?.code == "trace.json")
        #expect(error?.exitStatus == 2)
    }

    @Test("An object with the events is as good as an array") func object() throws {
        let check = try TraceCheck(Data(#"{"traceEvents":[\#(Self.names),\#(Self.slice(0, 1))],"other":1}"#.utf8))
        #expect(check.isSound && check.slices == 1 && check.threads == 1)
    }

    @Test("Of many problems the first are kept and all counted") func many() throws {
        let check = try Self.check((0..<50).map { Self.slice(Double(10 * $0), 15) }.joined(separator: ","))
        #expect(check.problems.count == TraceCheck.problemsMost)
        #expect(check.problemCount > 20)
    }
}
