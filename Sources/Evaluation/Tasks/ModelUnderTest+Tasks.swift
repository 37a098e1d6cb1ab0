import Diagnostics

extension ModelUnderTest {
    /// Examines the model in every task of a suite.
    ///
    /// - Parameters:
    ///   - seed: of the draws by which intervals are found; it changes nothing else.
    ///   - progress: told of each task before it begins.
    public func examine(
        _ suite: Suite, seed: UInt64 = 0, progress: (SuiteTask) -> Void = { _ in }
    ) throws(Diagnostic) -> SuiteResult {
        var tasks: [TaskResult] = []
        for task in suite.tasks {
            progress(task)
            tasks.append(TaskResult(task, try items(of: task), seed: seed))
        }
        return SuiteResult(name: suite.name, digest: suite.digest.description, tasks: tasks)
    }

    private func items(of task: SuiteTask) throws(Diagnostic) -> [ItemResult] {
        switch task.kind {
        case .text: task.origin == .heldOut ? try heldOutText(task) : try text(task)
        case .multipleChoice: try multipleChoice(task)
        case .lastWord: try lastWord(task)
        case .pairedSentences: try pairedSentences(task)
        case .generation: try generation(task)
        case .memorisation: try memorisation(task)
        }
    }
}

extension ItemResult {
    init(_ item: SuiteItem, _ measures: [String: Double], answer: String? = nil, dropped: Int = 0) {
        self.init(
            id: item.id, language: item.language, source: item.source, measures: measures, answer: answer,
            dropped: dropped > 0 ? dropped : nil)
    }
}
