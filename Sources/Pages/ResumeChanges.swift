import Ledger

/// What differs between the start of a run, or an earlier resume, and a resume: in a few words.
struct ResumeChanges {
    /// Such as `data 1 → 4, 2 processes instead of 1`; empty when nothing did.
    let text: String

    init(from before: RecordManifest, to after: RecordManifest) {
        var parts: [String] = []
        let (old, new) = (before.layout ?? [:], after.layout ?? [:])
        for key in Set(old.keys).union(new.keys).sorted() where old[key] != new[key] {
            func value(_ layout: [String: Int]) -> String { layout[key].map(String.init) ?? "–" }
            parts.append("\(key.replacing("_", with: " ")) \(value(old)) → \(value(new))")
        }
        func compare(_ name: String, _ value: (RecordManifest) -> String?) {
            if value(before) != value(after) {
                parts.append("\(name) \(value(before) ?? "–") → \(value(after) ?? "–")")
            }
        }
        compare("processes") { $0.hosts.map(String.init) }
        compare("schedule") { $0.schedule }
        compare("recompute") { $0.recompute }
        compare("numerics") { $0.numerics }
        compare("Serre") { $0.serre.version }
        compare("source") { $0.serre.sourceCommit.map { String($0.prefix(10)) } }
        compare("cluster profile") { $0.profileDigest.map { String($0.dropFirst("sha256:".count).prefix(10)) } }
        text = parts.joined(separator: ", ")
    }
}
