import Ingestion

/// The counts of a build, by language, stage and source.
struct Books {
    private(set) var totals = TextCorpusManifest.Totals()
    /// The inputs that gave no document, the first of each reason by `source:place`.
    private(set) var skips = SkipTally()
    private let sourceNames: [String]
    private let stages: StageNumbers
    private let empty: Account
    private var byLanguage: [String: Account] = [:]
    private var bySource: [SourceAccount]

    fileprivate struct Account {
        var documents = 0
        var bytesIn = 0
        var kept = 0
        var bytes = 0
        var stages: [TextCorpusManifest.Stage]
        var train = TextCorpusManifest.Part()
        var validation = TextCorpusManifest.Part()
    }

    private struct SourceAccount {
        var documents = 0
        var bytesIn = 0
        var kept = 0
        var bytes = 0
        var skipped: [String: Int] = [:]
        var licences: [String: Int] = [:]
    }

    init(_ run: BuildRun) {
        stages = run.stages
        empty = Account(
            stages: stages.names.map {
                .init(stage: $0, documents: 0, dropped: 0, changed: 0, bytesIn: 0, bytesOut: 0, parameters: nil)
            })
        bySource = run.plan.readers.map { _ in SourceAccount() }
        sourceNames = run.plan.sources.map(\.name)
    }

    /// Enters a document.
    mutating func enter(_ story: DocumentStory, _ split: Split?) {
        let (bytesIn, bytes) = (story.document.rawBytes, story.line?.bytes ?? 0)
        let kept = story.line == nil ? 0 : 1
        totals.documents += 1
        totals.bytesIn += bytesIn
        totals.kept += kept
        totals.bytes += bytes
        bySource[story.source].documents += 1
        bySource[story.source].bytesIn += bytesIn
        bySource[story.source].kept += kept
        bySource[story.source].bytes += bytes
        if let licence = story.document.licence, kept > 0 { bySource[story.source].licences[licence, default: 0] += 1 }
        let language = story.document.language
        byLanguage[language, default: empty].enter(story, split, stages)
    }

    /// Enters an input that gave no document.
    mutating func enter(_ input: SkippedInput, source: Int) {
        totals.skipped += 1
        bySource[source].skipped[input.reason, default: 0] += 1
        var named = input
        named.place = "\(sourceNames[source]):\(input.place)"
        skips.add(named)
    }

    private var codes: [String] { byLanguage.keys.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) } }

    /// The stages that dropped documents, in order, with how many.
    func dropped() -> [(stage: String, count: Int)] {
        stages.names.enumerated().compactMap { number, name in
            let count = codes.reduce(0) { $0 + (byLanguage[$1]?.stages[number].dropped ?? 0) }
            return count == 0 ? nil : (name, count)
        }
    }

    /// The languages' entries, without stages that no document came to.
    func languages(_ specification: CorpusSpecification) -> [TextCorpusManifest.Language] {
        codes.compactMap { code in
            byLanguage[code].map { account in
                .init(
                    code: code, documents: account.documents, bytesIn: account.bytesIn, kept: account.kept,
                    bytes: account.bytes,
                    stages: account.stages.filter { $0.documents > 0 }.map { stage in
                        var stage = stage
                        stage.parameters = specification.parameters(ofStage: stage.stage, language: code)
                        return stage
                    }, train: account.train, validation: account.validation)
            }
        }
    }

    func sources(_ plan: BuildPlan) -> [TextCorpusManifest.SourceEntry] {
        zip(plan.sources, bySource).enumerated().map { number, entry in
            let (source, account) = entry
            return .init(
                name: source.name, kind: source.kindName, language: source.language, licence: source.licence,
                script: source.script, version: plan.versions[number] ?? source.version,
                documents: account.documents, bytesIn: account.bytesIn, kept: account.kept, bytes: account.bytes,
                skipped: account.skipped, licences: account.licences.isEmpty ? nil : account.licences)
        }
    }
}

extension Books.Account {
    fileprivate mutating func enter(_ story: DocumentStory, _ split: Split?, _ numbers: StageNumbers) {
        documents += 1
        bytesIn += story.document.rawBytes
        for step in story.steps {
            let stage = numbers.number(of: step.stage)
            stages[stage].documents += 1
            stages[stage].dropped += step.decision == .dropped ? 1 : 0
            stages[stage].changed += step.decision == .changed ? 1 : 0
            stages[stage].bytesIn += step.bytesIn
            stages[stage].bytesOut += step.bytesOut
        }
        guard let line = story.line else { return }
        kept += 1
        bytes += line.bytes
        switch split {
        case .validation?:
            validation.documents += 1
            validation.bytes += line.bytes
        case .train?, nil:
            train.documents += 1
            train.bytes += line.bytes
        }
    }
}

extension CorpusSpecification {
    /// The parameters in force for a stage and language; `nil` for a stage without any.
    fileprivate func parameters(ofStage name: String, language: String) -> [String: String]? {
        guard let kind = StageKind.named(name), let setting = stages.first(where: { $0.stage == name }) else {
            return nil
        }
        let all = StageValues(kind: kind, setting: setting, language: language).all
        return all.isEmpty ? nil : Dictionary(all.map { ($0.name, $0.value.shown) }) { first, _ in first }
    }
}
