import Ledger

extension ExportedRun {
    /// The steps as comma-separated values (RFC 4180, lines ended by a line feed), one row each, after a row of names.
    ///
    /// Numbers are in the shortest decimal form that reads back to the same float64. Loss, gradient norm and update sum
    /// come from the fingerprint's bits where the record has them, and may be `nan` or `inf`. Empty: not recorded.
    public func csv() -> String {
        let columns = self.columns
        let rows = steps.map { step in columns.map { Self.cell($0, of: step) }.joined(separator: ",") }
        return ([columns.joined(separator: ",")] + rows).map { $0 + "\n" }.joined()
    }

    /// The names of what is known of steps: those that this version writes in their order, then any others.
    var columns: [String] {
        let known = [
            "step", "samples", "tokens", "loss", "gradient_norm", "update_sum", "learning_rate", "seconds",
            "tokens_per_second", "fingerprint", "digest", "guard",
        ]
        var others = [String]()
        for step in steps {
            for (key, value) in step.members where value.text != nil && !known.contains(key) && !others.contains(key) {
                others.append(key)
            }
        }
        return known + others.sorted()
    }

    static func cell(_ column: String, of step: JSONTree) -> String {
        if let exact = step["fingerprint"]?.text.flatMap(StepMetrics.ExactNumbers.init(fingerprint:)) {
            switch column {
            case "loss": return "\(exact.loss)"
            case "gradient_norm": return "\(exact.gradientNorm)"
            case "update_sum": return "\(exact.updateSum)"
            default: break
            }
        }
        guard let value = step[column], value != .null, let text = value.text else { return "" }
        guard text.contains(where: { ",\"\r\n".contains($0) }) else { return text }
        return "\"" + text.replacing("\"", with: "\"\"") + "\""
    }
}
