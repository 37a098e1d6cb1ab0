import Training

extension AuditCost {
    /// The cost in words, beside the seconds of the whole run.
    func text(ofSeconds all: Double) -> String {
        func counted(_ number: Int, _ noun: String) -> String? {
            number == 0 ? nil : "\(number) \(noun)\(number == 1 ? "" : "s")"
        }
        let parts = [
            counted(repeats, "step").map { $0 + " computed again" },
            counted(comparisons, "comparison").map { $0 + " of what ranks hold alike" },
        ].compactMap { $0 }
        return "\(parts.joined(separator: ", ")): \(significant(seconds)) s, "
            + "\(fixed(100 * seconds / max(all, 1e-9), 1)) % of the time"
    }
}
