import Diagnostics
import Foundation

/// A task of a suite as lm-evaluation-harness reads it: its YAML and the lines of its items.
public struct HarnessTask: Sendable {
    /// The name by which `lm_eval --tasks` knows it.
    public var name: String
    public var yaml: String
    public var items: String

    /// Makes the task; `nil` where the harness has no such kind: memorisation, a corpus of the model's own, or contexts that
    /// begin with a document's beginning; delimiters that differ from item to item.
    ///
    /// - Parameter folder: absolute, where the caller writes `<name>.yaml` and `<name>.jsonl`.
    public init?(_ task: SuiteTask, of suite: Suite, folder: String) throws(Diagnostic) {
        guard task.origin == .files, !task.beginsDocument, task.kind != .memorisation,
            task.kind != .multipleChoice || task.items.allSatisfy({ Self.delimiter($0) == Self.delimiter(task) })
        else { return nil }
        name = "serre_\(suite.name)_\(task.name)"
        var lines: [String] = []
        for item in task.items { lines.append(try Self.line(item)) }
        items = lines.map { $0 + "\n" }.joined()
        var keys = [
            "task: \(try Self.json(name))", "dataset_path: json",
            "dataset_kwargs: {data_files: {test: \(try Self.json("\(folder)/\(name).jsonl"))}}", "test_split: test",
        ]
        keys += try Self.keys(task)
        yaml = keys.map { $0 + "\n" }.joined()
    }

    /// What the harness is to do with the items of a kind.
    private static func keys(_ task: SuiteTask) throws(Diagnostic) -> [String] {
        func metrics(_ names: String...) -> String {
            "metric_list: [\(names.map { "{metric: \($0), aggregation: \(aggregation($0))}" }.joined(separator: ", "))]"
        }
        switch task.kind {
        case .text:
            return [
                "output_type: loglikelihood_rolling", "doc_to_text: \"\"", "doc_to_target: text",
                metrics("word_perplexity", "byte_perplexity", "bits_per_byte"),
            ]
        case .multipleChoice:
            return [
                "output_type: multiple_choice", "doc_to_text: context", "doc_to_choice: choices",
                "doc_to_target: answer",
                "target_delimiter: \(try json(delimiter(task)))",
                metrics("acc", "acc_norm", "acc_bytes", "brier_score"),
            ]
        case .pairedSentences:
            // The share of pairs whose first sentence is the likelier one.
            return [
                "output_type: multiple_choice", "doc_to_text: \"\"", "doc_to_choice: choices", "doc_to_target: answer",
                "target_delimiter: \"\"", metrics("acc"),
            ]
        case .lastWord:
            return [
                "output_type: loglikelihood", "doc_to_text: context", "doc_to_target: word", "target_delimiter: \"\"",
                metrics("perplexity", "acc"),
            ]
        case .generation:
            let stop = task.stop.isEmpty ? ["\n"] : task.stop
            return [
                "output_type: generate_until", "doc_to_text: context", "doc_to_target: references",
                "target_delimiter: \"\"",
                "generation_kwargs: {until: \(try json(stop)), max_gen_toks: \(task.length), do_sample: false}",
                // Serre's answers are compared without white space at both ends.
                #"filter_list: [{name: stripped, filter: [{function: regex, regex_pattern: "^\\s*([\\s\\S]*?)\\s*$"}, "#
                    + "{function: take_first}]}]",
                "metric_list: [{metric: exact_match, aggregation: mean, ignore_case: \(task.ignoreCase)}]",
            ]
        case .memorisation: return []
        }
    }

    private static func aggregation(_ metric: String) -> String {
        switch metric {
        case "perplexity", "brier_score", "bits_per_byte": metric
        case "word_perplexity", "byte_perplexity": "weighted_perplexity"
        default: "mean"
        }
    }

    private static func delimiter(_ task: SuiteTask) -> String { task.items.first.flatMap(delimiter) ?? " " }

    private static func delimiter(_ item: SuiteItem) -> String? {
        if case .choice(_, _, let delimiter, _) = item.content { return delimiter }
        return nil
    }

    private struct Line: Encodable {
        var id: String
        var text, context, word: String?
        var choices, references: [String]?
        var answer: Int?
    }

    private static func line(_ item: SuiteItem) throws(Diagnostic) -> String {
        var line = Line(id: item.id)
        switch item.content {
        case .text(let text): line.text = text
        case .choice(let context, let choices, _, let answer):
            (line.context, line.choices, line.answer) = (context, choices, answer)
        case .lastWord(let context, let word): (line.context, line.word) = (context, word)
        case .pair(let more, let less): (line.choices, line.answer) = ([more, less], 0)
        case .answer(let context, let references): (line.context, line.references) = (context, references)
        }
        return try json(line)
    }

    /// JSON, which YAML reads as it is.
    private static func json(_ value: some Encodable) throws(Diagnostic) -> String {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        do {
            return String(decoding: try encoder.encode(value), as: UTF8.self)
        } catch {
            throw Diagnostic("suite.encode", "the items cannot be written as JSON", kind: .failure)
        }
    }
}
