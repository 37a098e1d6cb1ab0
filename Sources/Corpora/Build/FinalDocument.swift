import Foundation
import Ingestion
import Integrity
import JSONWriting

/// What the last pass made of a document: the steps that it added, and the line that the text became.
struct FinalDocument: Sendable, Equatable {
    /// The document's number within its unit.
    var number: Int
    var steps: [StageStep] = []
    /// `nil` where nothing was left.
    var text: Line?

    struct Line: Sendable, Equatable {
        var digest: Digest
        /// The size of the text.
        var bytes: Int
        /// The part of the line before the word that says the split.
        var headBytes: Int
        /// Both parts, without that word.
        var lineBytes: Int
    }

    init(number: Int) { self.number = number }

    func write(to writer: inout RecordWriter, stages: StageNumbers) {
        writer.write(number)
        writer.write(steps, stages: stages)
        writer.write(text == nil ? 0 : 1)
        guard let text else { return }
        writer.write(text.digest)
        writer.write(text.bytes)
        writer.write(text.headBytes)
        writer.write(text.lineBytes)
    }

    init?(from reader: inout RecordReader, stages: StageNumbers) {
        guard let number = reader.number(), let steps = reader.steps(stages) else { return nil }
        (self.number, self.steps) = (number, steps)
        switch reader.number() {
        case 0?: text = nil
        case 1?:
            guard let digest = reader.digest(), let bytes = reader.number(), let headBytes = reader.number(),
                let lineBytes = reader.number(), headBytes <= lineBytes
            else { return nil }
            text = Line(digest: digest, bytes: bytes, headBytes: headBytes, lineBytes: lineBytes)
        default: return nil
        }
    }
}

extension RecordWriter {
    mutating func write(_ steps: [StageStep], stages: StageNumbers) {
        write(steps.count)
        for step in steps {
            write(stages.number(of: step.stage))
            write(step.decision.rawValue)
            write(step.detail)
            write(step.bytesIn)
            write(step.bytesOut)
        }
    }
}

extension RecordReader {
    mutating func steps(_ stages: StageNumbers) -> [StageStep]? {
        guard let count = number() else { return nil }
        var steps = [StageStep]()
        for _ in 0..<count {
            guard let stage = number().flatMap({ stages.name(of: $0) }),
                let decision = number().flatMap({ StageStep.Decision(rawValue: $0) }), let detail = optionalText(),
                let bytesIn = number(), let bytesOut = number()
            else { return nil }
            steps.append(
                StageStep(stage: stage, decision: decision, detail: detail, bytesIn: bytesIn, bytesOut: bytesOut))
        }
        return steps
    }
}

/// A line of a shard: the text and what it is, with keys in byte-wise order.
enum TextLine {
    /// The line in two parts, between which the word belongs that says the split.
    static func parts(
        _ document: UnitDocument, source: Source, digest: Digest, text: [UInt8]
    ) -> (head: [UInt8], tail: [UInt8]) {
        var head = JSONLine()
        head.write("id", digest.description)
        head.write("lang", document.language)
        head.write("licence", document.licence ?? source.licence)
        head.write("place", document.place)
        head.write("source", source.name)
        head.open("split")
        var tail = JSONLine(continuing: [UInt8(ascii: "\"")])
        tail.write("text", text: text)
        tail.write("url", document.url)
        tail.end()
        return (head.bytes, tail.bytes)
    }
}

/// Removes a file that may not be there.
func removeFile(_ path: String) { unlink(path) }
