import Diagnostics
import Interchange

/// How the fields of a public dataset become the parts of an item.
///
/// The prompts are those that lm-evaluation-harness uses for these datasets, without its shots.
enum ItemForm: String, CaseIterable {
    /// The task's own templates say it.
    case fields
    case arc, openbookqa, piqa, boolq, copa, xcopa, hellaswag, belebele, xstorycloze
    case lambada
    case crowsPairs = "crows_pairs"
    case squad

    /// The templates of the form, which the task's own keys override.
    var templates: [SuiteTask.Key: [String]] {
        switch self {
        case .fields: [:]
        case .arc:
            [
                .context: ["Question: {question.stem|question}\nAnswer:"], .choices: ["{choices.text}"],
                .labels: ["{choices.label}"], .label: ["{answerKey}"], .id: ["{id}"],
            ]
        case .openbookqa:
            [
                .context: ["{question_stem|question.stem}"], .choices: ["{choices.text}"],
                .labels: ["{choices.label}"], .label: ["{answerKey}"], .id: ["{id}"],
            ]
        case .piqa:
            [.context: ["Question: {goal}\nAnswer:"], .choices: ["{sol1}", "{sol2}"], .label: ["{label}"]]
        case .boolq:
            [
                .context: ["{passage}\nQuestion: {question}?\nAnswer:"], .choices: ["no", "yes"],
                .label: ["{answer|label}"], .labels: ["false", "true"],
            ]
        case .copa, .xcopa:
            [.context: ["{premise} {connector}"], .choices: ["{choices}"], .label: ["{label}"]]
        case .hellaswag: [.context: ["{context}"], .choices: ["{choices}"], .label: ["{label}"]]
        case .belebele:
            [
                .context: [
                    "P: {flores_passage}\nQ: {question}\nA: {mc_answer1}\nB: {mc_answer2}\nC: {mc_answer3}\n"
                        + "D: {mc_answer4}\nAnswer:"
                ], .choices: ["A", "B", "C", "D"], .labels: ["1", "2", "3", "4"], .label: ["{correct_answer_num}"],
                .language: ["{dialect}"],
            ]
        case .xstorycloze:
            [
                .context: [
                    (1...4).map { "{input_sentence_\($0)|InputSentence\($0)}" }.joined(separator: " ")
                ],
                .choices: [
                    "{sentence_quiz1|RandomFifthSentenceQuiz1}", "{sentence_quiz2|RandomFifthSentenceQuiz2}",
                ], .labels: ["1", "2"], .label: ["{answer_right_ending|AnswerRightEnding}"],
                .id: ["{story_id|InputStoryid}"],
            ]
        case .lambada: [.text: ["{text}"]]
        case .crowsPairs: [.more: ["{sent_more}"], .less: ["{sent_less}"], .source: ["{bias_type}"]]
        case .squad:
            [
                .context: ["{context}\nQuestion: {question}\nAnswer:"], .target: ["{answers}"], .id: ["{id}"],
            ]
        }
    }

    /// The record with the fields that the templates need and the dataset does not have as such.
    func prepared(_ record: ItemRecord, language: String) throws(Diagnostic) -> ItemRecord {
        var record = record
        switch self {
        case .copa, .xcopa:
            let premise = try record.text("premise")
            record.members["premise"] = .text(String(Self.trimmed(premise).dropLast()))
            record.members["connector"] = .text(try Self.connector(record, language: self == .xcopa ? language : "en"))
            let choices = [try record.text("choice1"), try record.text("choice2")]
            record.members["choices"] = .list(choices.map { .text($0.prefix(1).lowercased() + $0.dropFirst()) })
        case .hellaswag:
            let label = try record.text("activity_label")
            let ending = try record.text("ctx_b")
            let capital = ending.prefix(1).uppercased() + ending.dropFirst().lowercased()
            record.members["context"] = .text(Self.withoutMarks("\(label): \(try record.text("ctx_a")) \(capital)"))
            record.members["choices"] = .list(try record.texts("endings").map { .text(Self.withoutMarks($0)) })
        case .belebele: record.members["question"] = .text(Self.trimmed(try record.text("question")))
        case .squad:
            // SQuAD has a list of objects with a text each; Hugging Face one object with a list of texts.
            if case .list(let answers)? = record.value("answers") {
                let texts = answers.compactMap { answer -> JSONValue? in
                    guard case .object(let members) = answer else { return nil }
                    return members["text"]
                }
                if texts.count == answers.count { record.members["answers"] = .list(texts) }
            } else if let texts = record.value("answers.text") {
                record.members["answers"] = texts
            }
        case .fields, .arc, .openbookqa, .piqa, .boolq, .xstorycloze, .lambada, .crowsPairs: break
        }
        return record
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop(while: \.isWhitespace)
        let end = start.lastIndex { !$0.isWhitespace }
        return end.map { String(start[...$0]) } ?? ""
    }

    /// HellaSwag's texts without the marks of the pages that they are from.
    private static func withoutMarks(_ text: String) -> String {
        trimmed(text).replacing(" [title]", with: ". ").replacing(/\[.*?\]/, with: "").replacing("  ", with: " ")
    }

    /// The word between a premise and its cause or effect.
    private static func connector(_ record: ItemRecord, language: String) throws(Diagnostic) -> String {
        let question = try record.text("question")
        guard question == "cause" || question == "effect" else {
            throw Diagnostic(
                "suite.wrong-field", "a premise has a cause or an effect", at: record.location("question"),
                expected: "cause or effect", found: question)
        }
        guard let words = connectors.first(where: { $0.language == language }) else {
            throw Diagnostic(
                "suite.language", "no connectors are known for this language", at: record.location(),
                expected: connectors.map(\.language).joined(separator: ", "), found: language,
                remedy: "use the form fields with templates of your own")
        }
        return question == "cause" ? words.cause : words.effect
    }

    private static let connectors: [(language: String, cause: String, effect: String)] = [
        ("en", "because", "therefore"), ("et", "sest", "seetõttu"), ("ht", "poukisa", "donk sa"),
        ("id", "karena", "maka"), ("it", "perché", "quindi"), ("qu", "imataq", "chaymi"),
        ("sw", "kwa sababu", "kwa hiyo"), ("ta", "காரணமாக", "எனவே"), ("th", "เพราะ", "ดังนั้น"),
        ("tr", "çünkü", "bu yüzden"), ("vi", "bởi vì", "vì vậy"), ("zh", "因为", "所以"),
    ]
}
