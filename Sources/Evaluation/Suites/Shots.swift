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

    /// What stands between an example's context and its answer, where that is not part of either.
    var delimiter = ""

    /// The items with their examples before their contexts.
    ///
    /// Of several languages, an item's examples are those of its own, and those without a language.
    func added(to items: [SuiteItem]) throws(Diagnostic) -> [SuiteItem] {
        guard count > 0 else { return items }
        var pools: [String: ShotPool] = [:]
        var result: [SuiteItem] = []
        for (place, item) in items.enumerated() {
            let pool = pools[item.language] ?? ShotPool(examples ?? items, language: item.language)
            pools[item.language] = pool
            let others = pool.examples.count - pool.count(of: item.content)
            guard others >= count else {
                throw Diagnostic(
                    "suite.shots", "there are too few examples to show before this item",
                    at: .init(file: item.location.file, line: item.location.line),
                    expected: "\(count) others of its language (\(item.language))", found: "\(others)",
                    remedy: "lower shots:, or name a file with more with examples:")
            }
            var item = item
            let shown = chosen(from: pool, beside: item.content, stream: UInt64(place))
            item.content = item.content.after(shown.map { $0.example(delimiter) + Self.separator }.joined())
            result.append(item)
        }
        return result
    }

    /// The first ones, or as many drawn without putting any back; none that is the item itself. The pool has enough.
    private func chosen(from pool: ShotPool, beside item: SuiteItem.Content, stream: UInt64) -> [SuiteItem] {
        guard let seed else { return Array(pool.examples.lazy.filter { $0.content != item }.prefix(count)) }
        var draws = RandomDraws(seed: seed, purpose: Self.purpose, stream: stream)
        var places: [Int] = []
        while places.count < count {
            // A draw is at most 1.
            let place = min(Int(draws.uniform() * Double(pool.examples.count)), pool.examples.count - 1)
            if !places.contains(place), pool.examples[place].content != item { places.append(place) }
        }
        return places.map { pool.examples[$0] }
    }
}

/// What can be shown before items of one language.
private struct ShotPool {
    let examples: [SuiteItem]
    private let counts: [SuiteItem.Content: Int]

    init(_ all: [SuiteItem], language: String) {
        examples = all.filter { [language, ItemReading.undetermined].contains($0.language) }
        counts = Dictionary(examples.map { ($0.content, 1) }, uniquingKeysWith: +)
    }

    /// How many say the same.
    func count(of content: SuiteItem.Content) -> Int { counts[content] ?? 0 }
}

extension SuiteItem {
    /// The item with its answer, as an example for others.
    fileprivate func example(_ between: String) -> String {
        switch content {
        case .text(let text): text
        case .choice(let context, let choices, let delimiter, let answer): context + delimiter + choices[answer]
        case .lastWord(let context, let word): context + word
        case .pair(let more, _): more
        case .answer(let context, let references): context + between + (references.first ?? "")
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
