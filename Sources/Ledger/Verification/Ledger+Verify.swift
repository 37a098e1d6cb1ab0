import Diagnostics

extension Ledger {
    /// Checks that a run's record is whole, at the level ``VerificationLevel/record``.
    ///
    /// Every object from the reference down is read and hashed anew, loose or packed, and its file examined; then the
    /// chain, the trailers and the files are compared with each other. Damage is reported, never thrown; throws
    /// `ledger.unknown-run` when there is no reference of the run.
    public func verifyRecord(_ run: RunID) throws(Diagnostic) -> VerificationReport {
        var report = VerificationReport(run: run.text, level: .record)
        guard let reference = ReferenceFile(run.text, in: commonFolder) else {
            // Kept in a way that no plain file shows: git itself may know it.
            let tip = try tip(of: run)
            return try verifyRecord(run, from: tip.hex, report)
        }
        report.count("references")
        if let problem = reference.problem { report.problems.append(problem) }
        guard let commit = reference.commit else { return report }
        return try verifyRecord(run, from: commit, report)
    }

    private func verifyRecord(
        _ run: RunID, from tip: String, _ report: VerificationReport
    ) throws(Diagnostic) -> VerificationReport {
        var walk = RecordWalk(try ObjectReader(self), report)
        walk.read(from: tip)
        var report = walk.report
        if walk.commits.isEmpty {
            report.problems.append(
                VerificationProblem(
                    "reference \(RecordFormat.referencePrefix)\(run)", expected: "a commit that can be read",
                    found: tip, remedy: "point it to the newest whole commit again, or fetch the run: serre runs fetch")
            )
        }
        var checks = RecordChecks(run.text, walk)
        checks.check()
        report.problems += checks.problems
        return report
    }
}
