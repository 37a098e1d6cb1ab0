import Diagnostics
import Tokenizers

extension ModelUnderTest {
    /// What the model writes after the context, taking the likeliest token each time, beside the answers.
    ///
    /// It ends with the document, before a stop, or after the task's length. White space at both ends does not count.
    func generation(_ task: SuiteTask) throws(Diagnostic) -> [ItemResult] {
        guard task.length < sequenceLength else {
            throw Diagnostic(
                "evaluate.generation", "the length of the task \(task.name) leaves no room for a context",
                expected: "less than \(sequenceLength) tokens", found: "\(task.length)")
        }
        let room = sequenceLength - task.length
        var prompts: [[TokenID]] = []
        var dropped: [Int] = []
        for item in task.items {
            guard case .answer(let context, _) = item.content else { continue }
            let begins = task.beginsDocument || context.isEmpty
            let whole = (begins ? [documentEnd] : []) + tokens(context)
            prompts.append(Array(whole.suffix(room)))
            dropped.append(max(0, whole.count - room))
        }
        let stop = task.stop.isEmpty ? ["\n"] : task.stop
        let generator = try TextGenerator(
            executor: executor, prompts: prompts, batch: recipe.batch.global)
        let written = try generator.generate(
            length: task.length, sampling: Sampling(),
            isText: { $0 != documentEnd && tokenizer.bytes(of: $0) != nil },
            isOver: { _, new in StopStrings(stop).isIn(text(new)) })
        return task.items.enumerated().map { index, item in
            guard case .answer(_, let references) = item.content else { return ItemResult(item, [:]) }
            let text = Self.trimmed(StopStrings(stop).cut(text(written[index])))
            var measures = CharacterF.measures(text, references.map(Self.trimmed))
            let isMatch = references.contains { Self.folded($0, task).utf8.elementsEqual(Self.folded(text, task).utf8) }
            measures["exact_match"] = isMatch ? 1 : 0
            return ItemResult(item, measures, answer: text, dropped: dropped[index])
        }
    }

    private static func folded(_ text: String, _ task: SuiteTask) -> String {
        let text = trimmed(text)
        return task.ignoreCase ? text.lowercased() : text
    }

    private static func trimmed(_ text: String) -> String {
        let start = text.drop(while: \.isWhitespace)
        return start.lastIndex { !$0.isWhitespace }.map { String(start[...$0]) } ?? ""
    }
}
