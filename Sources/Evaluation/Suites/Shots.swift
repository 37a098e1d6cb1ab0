import Diagnostics
import Randomness

/// Examples that stand before each item of a task, with their answers: few-shot prompts.
///
/// They are written as lm-evaluation-harness writes them: an example's context, what stands between, its answer, and an empty
/// line; then the item. An item is never among its own examples.
struct Shots {
    /// Examples before each item.
    var count: Int
    /// Items of a file of their own; the task's other items when `nil`.
    var examples: [SuiteItem]?
    /// By which they are drawn for each item; the first ones are taken when `nil`.
    var seed: UInt64?

    /// More than any published protocol shows.
    static let most = 100
    /// What stands behind each example.
    static let separator = "\n\n"
    /// "SHOT": sets these draws apart from others of a seed.
    private static let purpose: UInt32 = 0x5348_4F54

    /// The items with their examples before their contexts.
    ///
    /// Of several languages, an item's examples are those of its own, and those without a language.
    func added(to items: [SuiteItem]) throws(Diagnostic) -> [SuiteItem] {
        guard count > 0 else { return items }
        var result: [SuiteItem] = []
        for (place, item) in items.enumerated() {
            let candidates = (examples ?? items).enumerated().filter { number, example in
                let isItself = examples == nil && number == place || example.content == item.content
                return !isItself && [item.language, ItemReading.undetermined].contains(example.language)
            }.map(\.element)
            guard candidates.count >= count else {
                throw Diagnostic(
                    "suite.shots", "there are too few examples to show before this item",
                    at: .init(file: item.location.file, line: item.location.line),
                    expected: "\(count) others of its language (\(item.language))", found: "\(candidates.count)",
                    remedy: "lower shots:, or name a file with more with examples:")
            }
            var item = item
            let shown = chosen(from: candidates, stream: UInt64(place)).map { $0.example + Self.separator }.joined()
            item.content = item.content.after(shown)
            result.append(item)
        }
        return result
    }

    /// The first ones, or as many drawn without putting any back.
    private func chosen(from candidates: [SuiteItem], stream: UInt64) -> [SuiteItem] {
        guard let seed else { return Array(candidates.prefix(count)) }
        var draws = RandomDraws(seed: seed, purpose: Self.purpose, stream: stream)
        var rest = candidates
        return (0..<count).map { _ in
            // A draw is at most 1.
            let place = min(Int(draws.uniform() * Double(rest.count)), rest.count - 1)
            return rest.remove(at: place)
        }
    }
}

extension SuiteItem {
    /// The item with its answer, as an example for others.
    fileprivate var example: String {
        switch content {
        case .text(let text): text
        case .choice(let context, let choices, let delimiter, let answer): context + delimiter + choices[answer]
        case .lastWord(let context, let word): context + word
        case .pair(let more, _): more
        case .answer(let context, let references): context + (references.first ?? "")
        }
    }
}

extension SuiteItem.Content {
    /// The same behind a text, where there is a context.
    fileprivate func after(_ text: String) -> SuiteItem.Content {
        switch self {
        case .text, .pair: self
        case .choice(let context, let choices, let delimiter, let answer):
            .choice(context: text + context, choices: choices, delimiter: delimiter, answer: answer)
        case .lastWord(let context, let word): .lastWord(context: text + context, word: word)
        case .answer(let context, let references): .answer(context: text + context, references: references)
        }
    }
}
