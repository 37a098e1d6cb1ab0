import Diagnostics

/// Makes an item of one record, by the templates of its task.
struct ItemReading {
    var kind: SuiteTask.Kind
    var form: ItemForm
    var templates: [SuiteTask.Key: [FieldTemplate]]
    var record: ItemRecord

    /// The language of items that none is told of.
    static let undetermined = "und"

    func item(number: Int, fileLanguage: String?) throws(Diagnostic) -> SuiteItem {
        let told = try optional(.language, record)
        let language = told ?? fileLanguage ?? (try? record.text("language")) ?? Self.undetermined
        let record = try form.prepared(record, language: language)
        let content: SuiteItem.Content =
            switch kind {
            case .text, .memorisation: .text(try filled(.text, record, else: "text"))
            case .multipleChoice: try choice(record)
            case .lastWord: try lastWord(record)
            case .pairedSentences:
                .pair(
                    more: try filled(.more, record, else: "sent_more"),
                    less: try filled(.less, record, else: "sent_less"))
            case .generation:
                .answer(context: try text(.context, record, else: "context"), references: try list(.target, record))
            }
        return SuiteItem(
            id: try optional(.id, record) ?? "\(number)", language: language,
            source: try optional(.source, record) ?? (templates[.source] == nil ? try? record.text("source") : nil),
            content: content, location: .init(file: record.file, line: record.line))
    }

    private func optional(_ key: SuiteTask.Key, _ record: ItemRecord) throws(Diagnostic) -> String? {
        guard let template = templates[key]?.first else { return nil }
        // A form's id is of use where it is there; one that the suite itself names must be there.
        return key == .id && form != .fields ? try? template.text(record) : try template.text(record)
    }

    /// The text of a key's template, or of the field that usually has it.
    private func text(_ key: SuiteTask.Key, _ record: ItemRecord, else field: String) throws(Diagnostic) -> String {
        guard let template = templates[key]?.first else { return try record.text(field) }
        return try template.text(record)
    }

    /// The same, where an empty text is no item.
    private func filled(_ key: SuiteTask.Key, _ record: ItemRecord, else field: String) throws(Diagnostic) -> String {
        let text = try text(key, record, else: field)
        guard !text.isEmpty else {
            throw Diagnostic(
                "suite.empty-field", "the text is empty", at: record.location(field), expected: "some text")
        }
        return text
    }

    /// The texts of several templates, or of one field that is a list; none may be empty.
    private func list(_ key: SuiteTask.Key, _ record: ItemRecord) throws(Diagnostic) -> [String] {
        var texts: [String] = []
        let sources = templates[key] ?? FieldTemplate("{\(key.rawValue)}").map { [$0] } ?? []
        if sources.count == 1, let field = sources[0].onlyField, case .list? = try? record.required(field) {
            texts = try record.texts(field)
        } else {
            for source in sources { texts.append(try source.text(record)) }
        }
        guard !texts.isEmpty, texts.allSatisfy({ !$0.isEmpty }) else {
            throw Diagnostic(
                "suite.empty-field", "one of the texts is empty, or there is none", at: record.location(key.rawValue),
                expected: "at least one text")
        }
        return texts
    }

    private func choice(_ record: ItemRecord) throws(Diagnostic) -> SuiteItem.Content {
        let choices = try list(.choices, record)
        guard choices.count > 1 else {
            throw Diagnostic(
                "suite.choices", "there is only one choice", at: record.location("choices"), expected: "at least 2")
        }
        let label = try text(.label, record, else: "label")
        // Without names of their own, choices are numbered from 0.
        let labels = templates[.labels] == nil ? choices.indices.map { "\($0)" } : try list(.labels, record)
        guard labels.count == choices.count else {
            throw Diagnostic(
                "suite.labels", "labels and choices differ in number", at: record.location("labels"),
                expected: "\(choices.count)", found: "\(labels.count)")
        }
        guard let answer = labels.firstIndex(of: label) else {
            throw Diagnostic(
                "suite.label", "the label is none of the choices'", at: record.location("label"),
                expected: "one of \(labels.joined(separator: ", "))", found: "\"\(label)\"",
                remedy: templates[.labels] == nil ? "name the choices with labels:, or count them from 0" : nil)
        }
        return .choice(
            context: try text(.context, record, else: "context"), choices: choices,
            delimiter: try optional(.delimiter, record) ?? " ", answer: answer)
    }

    /// The passage up to its last space, and the word after it with the space.
    private func lastWord(_ record: ItemRecord) throws(Diagnostic) -> SuiteItem.Content {
        if templates[.target] != nil || templates[.context] != nil {
            return .lastWord(
                context: try text(.context, record, else: "context"), word: try filled(.target, record, else: "target"))
        }
        let passage = try filled(.text, record, else: "text")
        guard let space = passage.lastIndex(of: " "), passage.index(after: space) < passage.endIndex else {
            throw Diagnostic(
                "suite.last-word", "the passage has no last word", at: record.location("text"),
                expected: "words with spaces between them and none at the end")
        }
        return .lastWord(context: String(passage[..<space]), word: String(passage[space...]))
    }
}
