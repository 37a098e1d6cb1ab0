/// Makes the lines of one JSONL file into documents.
struct LineReader {
    /// The file's name in places.
    let file: String
    /// The language that the source states for all.
    let language: String?
    let limits: IngestionLimits
    private let scanner: JSONLineScanner
    private let languageKey: String

    init(file: String, keys: JSONLines.Keys, language: String?, limits: IngestionLimits) {
        (self.file, self.language, self.limits) = (file, language, limits)
        scanner = JSONLineScanner(keys: [keys.text, keys.language, keys.url] + [keys.licence].compactMap(\.self))
        languageKey = keys.language
    }

    /// The document in a line, or the reason why there is none; `nil` for a line of white space.
    func item(in line: LineSplitter.Line, number: Int, offset: Int) -> IngestedItem? {
        switch line {
        case .tooLong(let bytes):
            return skip(number, .tooLong, "\(bytes) bytes, more than \(limits.maximumDocumentBytes)")
        case .whole(let bytes):
            let hasMark = number == 1 && bytes.starts(with: [0xEF, 0xBB, 0xBF])
            let content = hasMark ? UnsafeRawBufferPointer(rebasing: bytes[3...]) : bytes
            if content.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { return nil }
            if let (reason, detail) = encodingProblem(of: content, baseOffset: offset + (hasMark ? 3 : 0)) {
                return skip(number, reason, detail)
            }
            return item(in: content, number)
        }
    }

    private func item(in line: UnsafeRawBufferPointer, _ number: Int) -> IngestedItem {
        let values: [JSONLineScanner.Value]
        do throws(JSONLineScanner.Problem) {
            values = try scanner.scan(line)
        } catch {
            switch error {
            case .notJSON(let offset, let expected):
                return skip(number, .notJSON, "expected \(expected) at byte \(offset + 1) of the line")
            case .notAnObject(let kind): return skip(number, .notJSON, "expected an object, found \(kind)")
            case .loneSurrogate(let offset): return skip(number, .loneSurrogate, "at byte \(offset + 1) of the line")
            }
        }
        switch values[0] {
        case .absent: return skip(number, .noText, "the key is missing")
        case .other(let kind): return skip(number, .noText, "expected a text, found \(kind)")
        case .text(let text):
            let licence = values.count > 3 ? values[3] : .absent
            return item(text, language: values[1], url: values[2], licence: licence, number)
        }
    }

    private func item(
        _ text: [UInt8], language: JSONLineScanner.Value, url: JSONLineScanner.Value,
        licence: JSONLineScanner.Value, _ number: Int
    ) -> IngestedItem {
        if text.withUnsafeBytes({ zeroOffset(in: $0) != nil }) {
            return skip(number, .nulByte, "\\u0000 in the text")
        }
        if text.allSatisfy({ $0 == 32 || (9...13).contains($0) }) { return skip(number, .empty, nil) }
        var document = RawDocument(text: text, language: self.language, place: "\(file):\(number)")
        if case .text(let url) = url, !url.isEmpty { document.url = String(decoding: url, as: UTF8.self) }
        if case .text(let licence) = licence, !licence.isEmpty {
            document.licence = String(decoding: licence, as: UTF8.self)
        }
        if self.language == nil {
            switch language {
            case .absent, .other("null"): break
            case .other(let kind): return skip(number, .badLanguage, "expected a text, found \(kind)")
            case .text(let code):
                let code = String(decoding: code, as: UTF8.self)
                guard LanguageCode.isValid(code) else { return skip(number, .badLanguage, "\"\(code.prefix(40))\"") }
                document.language = code
            }
        }
        return .document(document)
    }

    private func skip(_ number: Int, _ reason: SkippedInput.Reason, _ detail: String?) -> IngestedItem {
        .skip(SkippedInput("\(file):\(number)", reason, detail))
    }
}
