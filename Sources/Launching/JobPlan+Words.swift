import Diagnostics

extension JobPlan {
    /// Refuses what a line of Slurm's options cannot hold literally.
    func checkWords() throws(Diagnostic) {
        let name = "-_."
        try check(request.name, "--name", "letters, digits, - _ .", name)
        try check(partition, "--partition", "a name of sinfo's", name + ",")
        if let account { try check(account, "--account", "an account's name", name + "@") }
        if let qos { try check(qos, "--qos", "a quality of service's name", name + "@") }
        if let constraint { try check(constraint, "--constraint", "features of nodes", name + "&|,*[]()") }
        if let exclude = request.exclude { try check(exclude, "--exclude", "such as n3,n[7-9]", name + "[],") }
        try check(mpi, "--mpi", "a word of srun --mpi=list", "_")
        for module in modules { try check(module, "slurm.modules", "names of environment modules", name + "/+") }
        try check(request.folder, "--output", "a path without spaces, quotes and %", name + "/+@,:=~")
        try check(request.workFolder, "the current folder", "a path without spaces, quotes and %", name + "/+@,:=~")
    }

    private func check(_ text: String, _ key: String, _ expected: String, _ others: String) throws(Diagnostic) {
        let isPlain = text.unicodeScalars.allSatisfy { scalar in
            others.unicodeScalars.contains(scalar) || scalar.properties.isAlphabetic
                || (0x30...0x39).contains(scalar.value)
        }
        guard isPlain, !text.isEmpty, !text.hasPrefix("-") else {
            throw Diagnostic(
                "launch.word", "Slurm's options cannot hold this", at: .init(key: key), expected: expected,
                found: "“\(text)”")
        }
    }
}

/// A length of time as Slurm writes it: `20:00:00`, or `4-04:00:00`.
struct ClockText: CustomStringConvertible {
    var seconds: Int

    init(_ seconds: Int) { self.seconds = seconds }

    var description: String {
        let days = seconds / 86_400
        let fields = [seconds % 86_400 / 3600, seconds % 3600 / 60, seconds % 60].map { $0 < 10 ? "0\($0)" : "\($0)" }
        return (days > 0 ? "\(days)-" : "") + fields.joined(separator: ":")
    }
}
