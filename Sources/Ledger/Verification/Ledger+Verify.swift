import Diagnostics

extension Ledger {
    /// Checks that a run's record is whole, at the level ``VerificationLevel/record``.
    ///
    /// Every object from the reference down is read and hashed anew, loose or packed, and its file examined; then the
    /// chain, the trailers and the files are compared with each other, and signatures checked. Damage is reported, never thrown; throws
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
        checkSignatures(walk.commits, &report)
        return report
    }

    /// Checks the signatures that there are; those of unknown keys are told, since only the reader can know the signer.
    private func checkSignatures(_ commits: [RecordWalk.Commit], _ report: inout VerificationReport) {
        let signed = commits.filter(\.isSigned)
        guard !signed.isEmpty else { return }
        var others: [String: Int] = [:]
        for commit in signed {
            report.count("signatures")
            do throws(Diagnostic) {
                let signature = try signature(ofCommit: commit.id)
                switch signature.standing {
                case .good: continue
                case .bad:
                    report.problems.append(
                        VerificationProblem(
                            commit.title, expected: "a signature that fits the commit", found: signature.reason,
                            remedy: RecordChecks.remedy))
                default: others["\(signature.standing.rawValue): \(signature.reason)", default: 0] += 1
                }
            } catch {
                others["unchecked: \(error.message)", default: 0] += 1
            }
        }
        for reason in others.keys.sorted() {
            report.remarks.append("\(others[reason] ?? 0) of \(signed.count) signatures are \(reason)")
        }
        if signed.count < commits.count {
            report.remarks.append("\(commits.count - signed.count) of \(commits.count) commits are not signed")
        }
    }
}
