import Diagnostics

extension Ledger {
    /// Compares two runs of this repository by their records.
    ///
    /// Throws when a record cannot be read; a file that only one record has is a difference.
    public func compare(_ a: RunID, _ b: RunID) throws(Diagnostic) -> RunComparison {
        let (x, y) = (try ComparedRecord(a, in: self), try ComparedRecord(b, in: self))
        let steps = StepComparison(x.steps, y.steps, digestsOfA: x.digests, digestsOfB: y.digests)
        let verdict: RunComparison.Verdict =
            if let step = steps.partingStep { .parted(step: step) } else if steps.common + steps.digests.common > 0 {
                .identical
            } else { .noCommonSteps }
        return RunComparison(
            a: x.record.summary, b: y.record.summary, verdict: verdict, steps: steps,
            sections: try sections(x, y).filter { !$0.differences.isEmpty })
    }

    private func sections(_ x: ComparedRecord, _ y: ComparedRecord) throws(Diagnostic) -> [ComparedSection] {
        let (m, n) = (x.record.manifest, y.record.manifest)
        let recipe = RecipeComparison(try x.yaml("recipe.yaml"), try y.yaml("recipe.yaml"))
        // Only the exact contract keeps layout, hosts and machine out of the result.
        let placeDecides = m.numerics != "exact-1" || n.numerics != "exact-1"
        var layout = recipe.layout
        layout += x.layout().differences(from: y.layout()).filter { found in !layout.contains { $0.key == found.key } }
        layout += Self.compared([("hosts", m.hosts.map(String.init), n.hosts.map(String.init))])
        return [
            ComparedSection(section: .recipe, decides: true, differences: recipe.deciding),
            ComparedSection(
                section: .numerics, decides: true, differences: Self.compared([("numerics", m.numerics, n.numerics)])),
            ComparedSection(section: .data, decides: true, differences: try dataDifferences(x, y)),
            ComparedSection(
                section: .checkpoints, decides: true,
                differences: try x.checkpoints().differences(from: y.checkpoints())),
            ComparedSection(section: .evaluations, decides: true, differences: try evaluationDifferences(x, y)),
            ComparedSection(section: .suites, decides: false, differences: try suiteDifferences(x, y)),
            ComparedSection(section: .events, decides: false, differences: x.events().differences(from: y.events())),
            ComparedSection(
                section: .serre, decides: placeDecides,
                differences: Self.compared([
                    ("version", m.serre.version, n.serre.version),
                    ("source_commit", m.serre.sourceCommit, n.serre.sourceCommit),
                    ("source_dirty", m.serre.sourceDirty.map(String.init), n.serre.sourceDirty.map(String.init)),
                    ("executable_digest", m.serre.executableDigest, n.serre.executableDigest),
                ])),
            ComparedSection(section: .code, decides: false, differences: try codeSection(x, y)),
            ComparedSection(section: .layout, decides: placeDecides, differences: layout),
            ComparedSection(section: .policies, decides: false, differences: recipe.policies),
            ComparedSection(
                section: .profile, decides: false,
                differences: try x.yaml("profile.yaml").differences(from: y.yaml("profile.yaml"))),
            ComparedSection(
                section: .environment, decides: placeDecides,
                differences: try x.environment().differences(from: y.environment())),
        ]
    }

    private static func compared(_ values: [(key: String, a: String?, b: String?)]) -> [ValueDifference] {
        values.compactMap { $0.a == $0.b ? nil : ValueDifference($0.key, $0.a, $0.b) }
    }

    private func dataDifferences(_ x: ComparedRecord, _ y: ComparedRecord) throws(Diagnostic) -> [ValueDifference] {
        let (a, b) = (x.record.manifest.dataDigest, y.record.manifest.dataDigest)
        guard a != b else { return [] }
        let path = "data/manifest.json"
        return [ValueDifference("digest", a, b)]
            + (try DataComparison.differences(x.file(path), y.file(path), file: path))
    }

    /// Steps that only one run measured, and values that differ where both did.
    private func evaluationDifferences(
        _ x: ComparedRecord, _ y: ComparedRecord
    ) throws(Diagnostic) -> [ValueDifference] {
        let (a, b) = (try x.evaluations(), try y.evaluations())
        return Self.differences(a.values, b.values, alone: a.steps.differences(from: b.steps))
    }

    /// Suites in which only one run was examined at a step, and figures that differ where both were.
    private func suiteDifferences(_ x: ComparedRecord, _ y: ComparedRecord) throws(Diagnostic) -> [ValueDifference] {
        let (a, b) = (try x.suites(), try y.suites())
        return Self.differences(a.values, b.values, alone: a.examined.differences(from: b.examined))
    }

    /// What only one has, and below that nothing more.
    private static func differences(
        _ a: FlatValues, _ b: FlatValues, alone: [ValueDifference]
    ) -> [ValueDifference] {
        alone + a.differences(from: b).filter { found in !alone.contains { found.key.hasPrefix($0.key + " ") } }
    }

    /// Where the snapshots came from, when they differ, and the files that do.
    private func codeSection(_ x: ComparedRecord, _ y: ComparedRecord) throws(Diagnostic) -> [ValueDifference] {
        let (a, b) = (x.record.snapshot, y.record.snapshot)
        guard a.tree != b.tree || a.absent != b.absent else { return [] }
        let context = Self.compared([
            ("(snapshot)", a.absent ?? "recorded", b.absent ?? "recorded"), ("(HEAD)", a.head, b.head),
            ("(branch)", a.branch, b.branch),
        ])
        return a.tree == nil || b.tree == nil ? context : context + (try codeDifferences(x.run, y.run))
    }
}
