import Diagnostics
import Foundation

/// A file in Chrome's trace format, whoever wrote it: an array of events, or an object that has one.
struct ChromeTrace: Decodable {
    var events: [Event]

    struct Event: Decodable {
        var phase: String
        var name: String?
        var category: String?
        var process: Identifier?
        var thread: Identifier?
        /// In microseconds.
        var time: Double?
        var duration: Double?
        var number: Identifier?
        var arguments: [String: Argument]?

        enum CodingKeys: String, CodingKey {
            case phase = "ph"
            case name
            case category = "cat"
            case process = "pid"
            case thread = "tid"
            case time = "ts"
            case duration = "dur"
            case number = "id"
            case arguments = "args"
        }
    }

    /// A number or a text that stands for something.
    enum Identifier: Decodable, Hashable, Comparable, CustomStringConvertible {
        case number(Int)
        case text(String)

        init(from decoder: any Decoder) throws {
            let value = try decoder.singleValueContainer()
            if let number = try? value.decode(Int.self) {
                self = .number(number)
            } else {
                self = .text(try value.decode(String.self))
            }
        }

        var description: String {
            switch self {
            case .number(let number): "\(number)"
            case .text(let text): "“\(text)”"
            }
        }
    }

    /// What an event says beside what the format knows.
    enum Argument: Decodable, Equatable {
        case number(Double)
        case other

        init(from decoder: any Decoder) throws {
            let number = try? decoder.singleValueContainer().decode(Double.self)
            self = number.map { .number($0) } ?? .other
        }
    }

    private enum CodingKeys: String, CodingKey { case traceEvents }

    init(from decoder: any Decoder) throws {
        if let list = try? [Event](from: decoder) {
            events = list
        } else {
            events = try decoder.container(keyedBy: CodingKeys.self).decode([Event].self, forKey: .traceEvents)
        }
    }

    /// The largest file that is read.
    static let bytesMost = 512 << 20

    /// Throws `trace.file` for a file that cannot be read, `trace.json` for one that is not such a trace.
    init(file path: String) throws(Diagnostic) {
        let size = (try? FileManager.default.attributesOfItem(atPath: path))?[.size] as? Int
        guard size ?? 0 <= Self.bytesMost else {
            throw Diagnostic(
                "trace.file", "the trace is too large", at: .init(file: path),
                expected: "at most \(Self.bytesMost) bytes", found: "\(size ?? 0)")
        }
        guard let data = FileManager.default.contents(atPath: path) else {
            throw Diagnostic("trace.file", "the file cannot be read", at: .init(file: path))
        }
        try self.init(data, file: path)
    }

    init(_ json: Data, file: String) throws(Diagnostic) {
        do {
            self = try JSONDecoder().decode(ChromeTrace.self, from: json)
        } catch {
            throw Diagnostic(
                "trace.json", "the file is no trace: \(Self.reason(error))", at: .init(file: file),
                expected: "JSON, an array of trace events or an object with “traceEvents”")
        }
    }

    private static func reason(_ error: any Error) -> String {
        func place(_ path: [any CodingKey]) -> String {
            path.map { $0.intValue.map { "\($0)" } ?? $0.stringValue }.joined(separator: ".")
        }
        switch error as? DecodingError {
        case .keyNotFound(let key, let context):
            let path = place(context.codingPath)
            return "“\(key.stringValue)” is missing" + (path.isEmpty ? "" : " at \(path)")
        case .typeMismatch(_, let context), .valueNotFound(_, let context):
            return "a value of the wrong kind at \(place(context.codingPath))"
        default: return "not well-formed JSON"
        }
    }
}
