extension TaskResult {
    /// Sums up a task: every metric over all items, by language and by source where there are several.
    init(_ task: SuiteTask, _ items: [ItemResult], seed: UInt64) {
        name = task.name
        kind = task.kind.rawValue
        shots = task.shots > 0 ? task.shots : nil
        truncated = items.count { ($0.dropped ?? 0) > 0 }
        self.items = items
        metrics = []
        let languages = Set(items.map(\.language)).sorted()
        let sources = Set(items.compactMap(\.source)).sorted()
        for metric in task.kind.metrics {
            add(metric, items, language: languages.count == 1 ? languages[0] : nil, source: nil, seed)
            if languages.count > 1 {
                for language in languages {
                    add(metric, items.filter { $0.language == language }, language: language, source: nil, seed)
                }
            }
            for source in sources {
                add(metric, items.filter { $0.source == source }, language: nil, source: source, seed)
            }
        }
    }

    private mutating func add(
        _ metric: Metric, _ items: [ItemResult], language: String?, source: String?, _ seed: UInt64
    ) {
        let columns = MetricColumns(metric, items.map(\.measures))
        guard let value = columns.value, value.isFinite else { return }
        let interval = columns.interval(seed: seed)
        metrics.append(
            Figure(
                metric: metric.name, language: language, source: source, value: value, low: interval?.low,
                high: interval?.high, items: items.count))
    }
}
