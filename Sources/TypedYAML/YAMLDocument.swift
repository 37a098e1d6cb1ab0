import Diagnostics
import Foundation
import Yams

/// One YAML document in memory, ready to be changed by overrides and then read through ``value``.
public struct YAMLDocument: Sendable, Equatable {
    /// What kind of file this is, such as `recipe`: the first part of every error code.
    public var subject: String
    /// The file's path as messages show it; `nil` for text that came from no file.
    public var file: String?
    public var root: YAMLNode

    /// Files and texts longer than this are refused: nobody writes such a recipe by hand.
    static let bytesMax = 1 << 20
    private static let depthMax = 32
    private static let nodesMax = 100_000

    /// Parses a text that holds exactly one document.
    ///
    /// Throws `<subject>.syntax`, `<subject>.duplicate-key`, `<subject>.empty` or `<subject>.too-large`.
    public init(parsing text: String, subject: String, file: String? = nil) throws(Diagnostic) {
        self.subject = subject
        self.file = file
        root = try Self.parse(text, subject: subject, file: file) { .line($0) }
    }

    /// Reads and parses a file.
    ///
    /// Throws what ``init(parsing:subject:file:)`` throws and `<subject>.unreadable`.
    public init(contentsOf path: String, subject: String) throws(Diagnostic) {
        try self.init(parsing: Self.text(of: path, subject: subject), subject: subject, file: path)
    }

    /// The whole document as a value to read.
    public var value: YAMLValue { YAMLValue(node: root, subject: subject, file: file, path: []) }

    /// Where a dotted key is written, or the nearest section above it that is; for messages about a value's meaning.
    public func location(of key: String) -> Diagnostic.Location {
        var node = root
        var origin = root.origin
        for component in key.split(separator: ".") {
            guard case .mapping(let entries) = node.content, let entry = entries.first(where: { $0.key == component })
            else { break }
            node = entry.value
            origin = entry.value.origin
        }
        return origin.location(file: file, key: key)
    }

    private static func text(of path: String, subject: String) throws(Diagnostic) -> String {
        let data: Data
        do {
            let handle = try FileHandle(forReadingFrom: URL(fileURLWithPath: path))
            defer { try? handle.close() }
            data = try handle.read(upToCount: bytesMax + 1) ?? Data()
        } catch {
            throw Diagnostic(
                "\(subject).unreadable", "the file cannot be read", at: .init(file: path),
                remedy: "check that it exists, is a file and may be read")
        }
        guard data.count <= bytesMax else { throw tooLarge(subject, path) }
        guard let text = String(validatingUTF8Bytes: data) else {
            throw Diagnostic(
                "\(subject).syntax", "the file is not UTF-8 text", at: .init(file: path),
                remedy: "is this the file you meant? it should be YAML")
        }
        return text
    }

    static func parse(
        _ text: String, subject: String, file: String?, origin: (Int) -> YAMLNode.Origin
    ) throws(Diagnostic) -> YAMLNode {
        guard text.utf8.count <= bytesMax else { throw tooLarge(subject, file) }
        let composed: Node?
        do {
            composed = try compose(yaml: text, .basic, .default, .utf8)
        } catch {
            throw syntaxDiagnostic(error, subject: subject) { origin($0).location(file: file, key: $1) }
        }
        guard let composed else {
            throw Diagnostic("\(subject).empty", "there is nothing in it", at: .init(file: file))
        }
        var count = 0
        return try convert(composed, depth: 0, count: &count, origin: origin) { (line, message) in
            Diagnostic("\(subject).syntax", message, at: origin(line).location(file: file, key: nil))
        }
    }

    private static func convert(
        _ node: Node, depth: Int, count: inout Int, origin: (Int) -> YAMLNode.Origin,
        problem: (Int, String) -> Diagnostic
    ) throws(Diagnostic) -> YAMLNode {
        let line = node.mark?.line ?? 1
        count += 1
        guard depth <= depthMax else { throw problem(line, "sections are nested too deeply") }
        guard count <= nodesMax else { throw problem(line, "there are too many values") }
        switch node {
        case .scalar(let scalar):
            return YAMLNode(.scalar(scalar.string, quoted: scalar.style != .plain), origin: origin(line))
        case .sequence(let sequence):
            var nodes = [YAMLNode]()
            for node in sequence {
                nodes.append(try convert(node, depth: depth + 1, count: &count, origin: origin, problem: problem))
            }
            return YAMLNode(.sequence(nodes), origin: origin(line))
        case .mapping(let mapping):
            var entries = [YAMLNode.Entry]()
            for (key, value) in mapping {
                let keyLine = key.mark?.line ?? line
                guard case .scalar(let scalar) = key else { throw problem(keyLine, "a key must be a single word") }
                let value = try convert(value, depth: depth + 1, count: &count, origin: origin, problem: problem)
                entries.append(.init(key: scalar.string, origin: origin(keyLine), value: value))
            }
            return YAMLNode(.mapping(entries), origin: origin(line))
        case .alias(let alias):
            throw problem(alias.mark?.line ?? line, "the alias names no anchor")
        }
    }

    private static func syntaxDiagnostic(
        _ error: any Error, subject: String, at location: (Int, String?) -> Diagnostic.Location
    ) -> Diagnostic {
        switch error as? YamlError {
        case .duplicatedKeysInMapping(let keys, let context)?:
            return Diagnostic(
                "\(subject).duplicate-key", "the key is given more than once in its section",
                at: location(context.mark.line, keys.first), remedy: "keep one of them")
        case .scanner(_, let problem, let mark, _)?, .parser(_, let problem, let mark, _)?,
            .composer(_, let problem, let mark, _)?:
            return Diagnostic(
                "\(subject).syntax", "this is not valid YAML (\(problem))", at: location(mark.line, nil),
                remedy: "check indentation, colons and quotes there and on the line before")
        case .reader(let problem, _, _, _)?:
            return Diagnostic("\(subject).syntax", "this is not valid YAML (\(problem))", at: location(1, nil))
        default:
            return Diagnostic("\(subject).syntax", "this is not valid YAML", at: location(1, nil))
        }
    }

    private static func tooLarge(_ subject: String, _ file: String?) -> Diagnostic {
        Diagnostic(
            "\(subject).too-large", "this is too long for a \(subject)", at: .init(file: file),
            expected: "at most \(bytesMax) bytes")
    }
}

extension YAMLNode.Origin {
    func location(file: String?, key: String?) -> Diagnostic.Location {
        switch self {
        case .line(let line): .init(file: file, line: file == nil ? nil : line, key: key)
        case .commandLine(let label):
            .init(file: label, key: key.flatMap { label.hasSuffix($0) ? nil : $0 })
        }
    }
}

extension String {
    fileprivate init?(validatingUTF8Bytes data: Data) {
        // String(data:encoding:) drops a byte order mark on some versions; the bytes are validated as they are.
        guard let text = String(validating: data, as: UTF8.self) else { return nil }
        self = text.unicodeScalars.first == "\u{FEFF}" ? String(text.unicodeScalars.dropFirst()) : text
    }
}
