import Deduplication
import Integrity

/// A document in a work file: all that later passes need, but its text, which lies beside it.
struct UnitDocument: Sendable, Equatable {
    /// The place below the source's root.
    var place: String
    var url: String?
    /// The licence stated for this document alone.
    var licence: String?
    /// The language, stated or told from the text; `und` where neither could.
    var language: String
    /// The digest of the text as the source gives it, and its size.
    var raw: Digest
    var rawBytes: Int
    /// What has been done with it so far, in order.
    var steps: [StageStep]
    /// What makes it the same as others, one for each identity of the specification that it has.
    var keys: [DocumentKey?]
    /// The digest and size of the text that is left; `nil` for a document that was dropped.
    var text: Text?

    struct Text: Sendable, Equatable {
        var digest: Digest
        var bytes: Int
    }

    var isKept: Bool { text != nil }

    /// Whether this is code: whole files are compared there, but nothing is cut out of them and nothing replaced.
    var isCode: Bool { isProgrammingLanguage(language) }
}

extension UnitDocument {
    /// `stages` maps stage names to small numbers, the same for writing and reading.
    func write(to writer: inout RecordWriter, stages: StageNumbers) {
        writer.write(place)
        writer.write(url)
        writer.write(licence)
        writer.write(language)
        writer.write(raw)
        writer.write(rawBytes)
        writer.write(steps, stages: stages)
        writer.write(keys.count)
        for key in keys {
            writer.write(key == nil ? 0 : 1)
            guard let key else { continue }
            writer.write(fixed: key.high)
            writer.write(fixed: key.low)
        }
        writer.write(text == nil ? 0 : 1)
        guard let text else { return }
        writer.write(text.digest)
        writer.write(text.bytes)
    }

    /// `nil` where the bytes are no document.
    init?(from reader: inout RecordReader, stages: StageNumbers) {
        guard let place = reader.text(), let url = reader.optionalText(), let licence = reader.optionalText(),
            let language = reader.text(), let raw = reader.digest(), let rawBytes = reader.number(),
            let steps = reader.steps(stages)
        else { return nil }
        (self.place, self.url, self.licence, self.language) = (place, url, licence, language)
        (self.raw, self.rawBytes, self.steps) = (raw, rawBytes, steps)
        keys = []
        guard let keyCount = reader.number() else { return nil }
        for _ in 0..<keyCount {
            switch reader.number() {
            case 0?: keys.append(nil)
            case 1?:
                guard let high = reader.fixed(), let low = reader.fixed() else { return nil }
                keys.append(DocumentKey(high: high, low: low))
            default: return nil
            }
        }
        switch reader.number() {
        case 0?: text = nil
        case 1?:
            guard let digest = reader.digest(), let bytes = reader.number() else { return nil }
            text = Text(digest: digest, bytes: bytes)
        default: return nil
        }
    }
}

/// The stages of a build by small numbers.
struct StageNumbers: Sendable, Equatable {
    let names: [String]

    /// A stage that the build does not have is a programmer's error.
    func number(of name: String) -> Int {
        guard let number = names.firstIndex(of: name) else { preconditionFailure("an unknown stage") }
        return number
    }

    func name(of number: Int) -> String? { names.indices.contains(number) ? names[number] : nil }
}
