import Diagnostics

extension Ledger {
    /// Checks the timestamps of a run and adds what is wrong with them to a verification's report.
    ///
    /// Each must be of the commit that its name says; with `authorities`, a PEM file of root certificates, it must be
    /// signed by one of them. A signature that was not checked is a remark.
    public func verifyTimestamps(
        _ run: RunID, authorities: String? = nil, into report: inout VerificationReport
    ) throws(Diagnostic) {
        for check in try timestamps(run, authorities: authorities) {
            report.count("timestamps")
            if let problem = check.problem {
                report.problems.append(
                    VerificationProblem(check.path, expected: "a timestamp of commit \(check.commit)", found: problem))
            } else if !check.isSignatureChecked {
                report.remarks.append(
                    "the signature of \(check.path) was not checked: "
                        + "serre runs timestamp \(run) --check --authorities FILE does")
            }
        }
    }
}
