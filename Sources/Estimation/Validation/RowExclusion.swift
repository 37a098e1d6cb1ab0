import Foundation

/// Why a row cannot be used, as a clause for people.
struct RowExclusion: Error, Equatable {
    var reason: String

    init(_ reason: String) { self.reason = reason }
}

extension MeasuredRow {
    /// Refuses a row whose measurement says nothing about what can be predicted.
    func requireUsable() throws(RowExclusion) {
        if mentions("inconsistent") { throw RowExclusion("the notes call the source inconsistent") }
        if hasExperts { throw RowExclusion("experts (MoE) are not modelled") }
        if hasContextParallelism { throw RowExclusion("context parallelism is not modelled") }
        if offloads { throw RowExclusion("moving data to host memory is not modelled") }
        guard layers != nil, hidden != nil, sequenceLength != nil else {
            throw RowExclusion("the model's shape is not stated")
        }
        if ffn == nil, mentions("feed-forward width") { throw RowExclusion("the width of the MLP is not certain") }
        if mentions("launch_blocking=1") { throw RowExclusion("measured with every kernel waited for") }
        guard globalBatch != nil else { throw RowExclusion("the global batch is not stated") }
        if !ranOutOfMemory, secondsPerStep == nil { throw RowExclusion("the seconds per step are not stated") }
    }

    private var hasExperts: Bool {
        let text = "\(id) \(notes)".lowercased()
        if ["deepseek", "mixtral"].contains(where: text.contains) { return true }
        let degree = text.firstMatch(of: /(?:^|[^a-z0-9])ep=?(\d+)/).flatMap { Int($0.1) }
        return (degree ?? 1) > 1 || text.contains(/\bmoe\b/)
    }

    private var hasContextParallelism: Bool {
        let id = id.lowercased()
        if let degree = id.firstMatch(of: /(?:^|[^a-z0-9])cp=?(\d+)(?:[^0-9]|$)/).flatMap({ Int($0.1) }) {
            return degree > 1
        }
        return mentions("context parallel")
    }

    /// Whether parameters, gradients, optimiser or activations were kept in host memory: a clause says so and does not end
    /// with N for no.
    private var offloads: Bool {
        let clauses = "\(framework),\(notes)".lowercased().split { $0 == "," || $0 == ";" || $0 == "(" || $0 == ")" }
        return clauses.contains { clause in
            let clause = clause.trimmingCharacters(in: .whitespaces)
            let named = clause.contains("offload") || clause.contains("checkpoints to cpu")
            return named && !clause.hasSuffix(" n")
        }
    }
}
