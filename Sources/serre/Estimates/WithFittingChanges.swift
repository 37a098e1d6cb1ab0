import Estimation

/// What was found out about a layout, with the changes that would make it fit under `would_fit`.
struct WithFittingChanges<Finding: Encodable>: Encodable {
    var finding: Finding
    var changes: [FittingChange]

    init(_ finding: Finding, _ changes: [FittingChange]) {
        self.finding = finding
        self.changes = changes
    }

    enum CodingKeys: String, CodingKey { case wouldFit = "would_fit" }

    func encode(to encoder: any Encoder) throws {
        try finding.encode(to: encoder)
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(changes.map(\.options), forKey: .wouldFit)
    }
}
