import Diagnostics
import Integrity
import TypedYAML

/// Reads one task of a suite's file, and the items of its files.
struct TaskReading {
    private let value: YAMLValue
    private let keys: YAMLReader<SuiteTask.Key>
    private let folder: String
    private let form: ItemForm
    private let kind: SuiteTask.Kind
    /// The digests of the files read so far.
    private(set) var digests: [Digest] = []

    init(_ value: YAMLValue, folder: String) throws(Diagnostic) {
        self.value = value
        self.folder = folder
        keys = try value.section(SuiteTask.Key.self)
        kind = try keys.required(.kind).choice()
        form = try keys.optional(.form)?.choice() ?? .fields
        let allowed = kind.keys
        for key in SuiteTask.Key.allCases where !allowed.contains(key) {
            guard let extra = keys.optional(key) else { continue }
            throw Diagnostic(
                "suite.unknown-key", "a task of the kind \(kind.rawValue) has no \(key.rawValue)", at: extra.location,
                expected: "any of \(allowed.map(\.rawValue).joined(separator: ", "))")
        }
        guard form == .fields || form.kinds.contains(kind) else {
            throw Diagnostic(
                "suite.form", "items of the form \(form.rawValue) are of another kind", at: value.location,
                expected: form.kinds.map(\.rawValue).joined(separator: " or "), found: kind.rawValue)
        }
    }

    mutating func task() throws(Diagnostic) -> SuiteTask {
        var task = SuiteTask(name: try Suite.slug(keys.required(.name)), kind: kind)
        task.beginsDocument = try keys.optional(.beginsDocument)?.boolean() ?? false
        task.length = try keys.optional(.length)?.integer(in: 1...1_000_000) ?? task.length
        task.prefix = try keys.optional(.prefix)?.integer(in: 1...1_000_000) ?? task.prefix
        task.samples = try keys.optional(.samples)?.integer(in: 1...10_000_000) ?? task.samples
        task.ignoreCase = try keys.optional(.ignoreCase)?.boolean() ?? false
        if let stop = keys.optional(.stop) { task.stop = try Self.texts(stop) }
        task.origin = try origin()
        guard task.origin == .files else { return task }
        let shots = try shots()
        task.shots = shots.count
        task.items = try shots.added(to: try items())
        return task
    }

    /// What stands between an example's question and its answer: lm-evaluation-harness puts a space there, and our own
    /// templates say it themselves.
    private var between: String { form == .squad ? " " : "" }

    /// The examples before each item: of a file the first ones, of the items themselves some drawn, unless the suite says how.
    private mutating func shots() throws(Diagnostic) -> Shots {
        let count = try keys.optional(.shots)?.integer(in: 0...Shots.most) ?? 0
        for key in [SuiteTask.Key.examples, .shotsSeed] where count == 0 {
            guard let idle = keys.optional(key) else { continue }
            throw Diagnostic(
                "suite.shots", "\(key.rawValue) is of no use where nothing is shown before an item", at: idle.location,
                remedy: "say how many examples with shots:")
        }
        let seed = try keys.optional(.shotsSeed).map { (value) throws(Diagnostic) in
            UInt64(try value.integer(in: 0...Int.max))
        }
        guard let name = keys.optional(.examples) else {
            return Shots(count: count, seed: seed ?? 0, delimiter: between)
        }
        return Shots(
            count: count, examples: try items(in: name, as: nil, from: 1, limit: nil), seed: seed, delimiter: between)
    }

    /// `file: training` and `file: held-out` mean the texts of the model's own corpus.
    private func origin() throws(Diagnostic) -> SuiteTask.Origin {
        guard keys.optional(.files) == nil, let file = keys.optional(.file) else { return .files }
        switch (try file.text(), kind) {
        case ("held-out", .text), ("held-out", .memorisation): return .heldOut
        case ("training", .memorisation): return .training
        default: return .files
        }
    }

    private mutating func items() throws(Diagnostic) -> [SuiteItem] {
        var items: [SuiteItem] = []
        let limit = try keys.optional(.limit)?.integer(in: 1...)
        for (language, name) in try fileNames() {
            items += try self.items(in: name, as: language, from: items.count + 1, limit: limit)
        }
        try refuseDuplicates(items)
        return items
    }

    /// The items of one file, numbered from `first` on.
    private mutating func items(
        in name: YAMLValue, as language: String?, from first: Int, limit: Int?
    ) throws(Diagnostic) -> [SuiteItem] {
        let path = try name.text()
        let full = path.hasPrefix("/") ? path : folder + path
        let file = try ItemFile(full, format(of: path, name))
        digests.append(file.digest)
        var items: [SuiteItem] = []
        for record in file.records.prefix(limit ?? .max) {
            let reader = ItemReading(kind: kind, form: form, templates: try templates(), record: record)
            items.append(try reader.item(number: first + items.count, fileLanguage: language))
        }
        return items
    }

    private func refuseDuplicates(_ items: [SuiteItem]) throws(Diagnostic) {
        var seen: Set<[String]> = []
        for item in items where !seen.insert([item.language, item.id]).inserted {
            throw Diagnostic(
                "suite.duplicate-item", "two items have the same id",
                at: .init(file: item.location.file, line: item.location.line), found: item.id,
                remedy: "leave the task's id out to number the items")
        }
    }

    /// The files by language, in the order of the suite; the language is `nil` where the items tell it.
    private func fileNames() throws(Diagnostic) -> [(language: String?, name: YAMLValue)] {
        switch (keys.optional(.file), keys.optional(.files)) {
        case (let file?, nil): return [(nil, file)]
        case (nil, let files?) where try !files.entries("languages").isEmpty:
            return try files.entries("languages").map { ($0.key, $0.value) }
        default:
            throw Diagnostic(
                "suite.files", "a task has one file, or files by language", at: value.location,
                expected: "either file or files", found: keys.optional(.file) == nil ? "no file" : "both")
        }
    }

    private func format(of path: String, _ name: YAMLValue) throws(Diagnostic) -> ItemFile.Format {
        if let format: ItemFile.Format = try keys.optional(.format)?.choice() { return format }
        if let format = ItemFile.Format(fileName: path) { return format }
        throw Diagnostic(
            "suite.format", "the file's name does not tell its format", at: name.location,
            remedy: "add format: with one of \(ItemFile.Format.allCases.map(\.rawValue).joined(separator: ", "))")
    }

    /// The form's templates, with those that the task has itself in their place.
    private func templates() throws(Diagnostic) -> [SuiteTask.Key: [FieldTemplate]] {
        var templates: [SuiteTask.Key: [FieldTemplate]] = [:]
        for key in SuiteTask.Key.templated {
            let own = keys.optional(key)
            guard let sources = try own.map(Self.texts) ?? form.templates[key] else { continue }
            templates[key] = []
            for source in sources {
                guard let template = FieldTemplate(source) else {
                    throw Diagnostic(
                        "suite.template", "the braces of the template do not match", at: own?.location,
                        expected: "such as \"Question: {question}\"", found: "\"\(source)\"")
                }
                templates[key]?.append(template)
            }
        }
        return templates
    }

    /// A text that may hold line breaks and be empty, or a list of them.
    private static func texts(_ value: YAMLValue) throws(Diagnostic) -> [String] {
        if case .scalar(let text, _) = value.node.content { return [text] }
        var texts: [String] = []
        for element in try value.elements("texts") {
            guard case .scalar(let text, _) = element.node.content else {
                throw Diagnostic(
                    "suite.wrong-type", "the value is of another type", at: element.location, expected: "a text")
            }
            texts.append(text)
        }
        return texts
    }
}

extension SuiteTask.Key {
    /// The keys whose values are templates over an item's fields.
    static let templated: [SuiteTask.Key] = [
        .id, .language, .source, .text, .context, .choices, .labels, .label, .delimiter, .more, .less, .target,
    ]
}

extension SuiteTask.Kind {
    /// The keys that a task of this kind may have.
    var keys: [SuiteTask.Key] {
        let all: [SuiteTask.Key] = [.name, .kind, .form, .file, .files, .format, .limit, .id, .language, .source]
        let shots: [SuiteTask.Key] = [.shots, .examples, .shotsSeed]
        return switch self {
        case .text: all + [.text, .samples]
        case .multipleChoice: all + [.context, .choices, .labels, .label, .delimiter, .beginsDocument] + shots
        case .lastWord: all + [.text, .context, .target, .beginsDocument] + shots
        case .pairedSentences: all + [.more, .less]
        case .generation: all + [.context, .target, .stop, .length, .ignoreCase, .beginsDocument] + shots
        case .memorisation: all + [.text, .prefix, .length, .samples, .beginsDocument]
        }
    }
}

extension ItemForm {
    /// The kinds of task that the dataset's items are made for.
    var kinds: [SuiteTask.Kind] {
        switch self {
        case .fields: SuiteTask.Kind.allCases
        case .arc, .openbookqa, .piqa, .boolq, .copa, .xcopa, .hellaswag, .belebele, .xstorycloze: [.multipleChoice]
        case .lambada: [.lastWord]
        case .crowsPairs: [.pairedSentences]
        case .squad: [.generation]
        }
    }
}
