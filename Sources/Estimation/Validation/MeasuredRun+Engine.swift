import Diagnostics
import Recipes

extension MeasuredRun {
    /// The engine that a row was measured with: what its framework, its source or, where no framework is stated, its notes
    /// name; if nothing does, one of the usual engines is assumed.
    static func style(of row: MeasuredRow, _ assumptions: inout Assumptions) throws(RowExclusion) -> EngineStyle {
        if let named = namedStyle(of: row) { return named }
        guard row.framework.isEmpty else {
            throw RowExclusion(
                "the framework \"\(row.framework)\" is none whose programs are modelled: known are "
                    + row.knownFrameworks)
        }
        let style: EngineStyle = row.zero == 3 && (row.tensor ?? 1) * (row.pipeline ?? 1) == 1 ? .fsdp : .megatron
        assumptions.note("an engine like \(style.rawValue)")
        return style
    }

    /// `nil` where nothing names an engine that is modelled.
    fileprivate static func namedStyle(of row: MeasuredRow) -> EngineStyle? {
        let (framework, source) = (row.framework.lowercased(), row.source.lowercased())
        func names(_ text: String, _ words: String...) -> Bool { words.contains { text.contains($0) } }
        if names(framework, "deepspeed") { return .deepspeed }
        if names(framework, "fsdp") { return .fsdp }
        if names(framework, "megatron") { return .megatron }
        if names(source, "mosaicml", "llm-foundry", "torchtitan") { return .fsdp }
        if names(source, "narayanan", "2104.04473") {
            // The paper compares with DeepSpeed's ZeRO-3.
            return (row.zero ?? 0) >= 2 ? .deepspeed : .megatron
        }
        if names(source, "korthikanti", "2205.05198") { return .megatron }
        if names(source, "2201.11990", "mt-nlg") { return .deepspeed }
        if names(framework, "torchtitan", "llm-foundry", "llm foundry") { return .fsdp }
        guard framework.isEmpty else { return nil }
        let notes = row.notes.lowercased()
        if names(notes, "fsdp") { return .fsdp }
        if names(notes, "deepspeed") { return .deepspeed }
        return names(notes, "megatron") ? .megatron : nil
    }
}

extension MeasuredRow {
    fileprivate var knownFrameworks: String { Self.frameworks.joined(separator: ", ") }

    /// As the shipped rows and their sources write them.
    private static let frameworks = [
        "Megatron-LM", "Megatron-DeepSpeed", "DeepSpeed", "FSDP", "torchtitan", "LLM Foundry",
    ]

    /// Throws `rows.unknown-framework` for a row that could be used if its framework were one whose programs are modelled.
    func requireKnownFramework() throws(Diagnostic) {
        guard !framework.isEmpty, MeasuredRun.namedStyle(of: self) == nil else { return }
        // What is left out for another reason stays so.
        do throws(RowExclusion) { try requireUsable() } catch { return }
        let near = nearestWord(to: framework, among: Self.frameworks)
        throw Diagnostic(
            "rows.unknown-framework", "\(id) was measured with a framework whose programs are not modelled",
            at: .init(file: place.file, line: place.line, key: MeasuredRow.Column.framework.rawValue),
            expected: "\(knownFrameworks), or nothing", found: "\"\(framework)\"",
            remedy: (near.map { "did you mean \($0)? Otherwise" } ?? "or")
                + " pass --style with the engine that it is most like")
    }
}
