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
        if let exclude = request.exclude {
            try check(exclude, "--exclude", "such as n3,n[7-9]", name + "[],")
            try checkBrackets(exclude)
        }
        try check(mpi, "--mpi", "a word of srun --mpi=list", "_")
        for module in modules { try check(module, "slurm.modules", "names of environment modules", name + "/+") }
        try check(request.folder, "--output", "a path without spaces, quotes and %", name + "/+@,:=~")
        try check(request.workFolder, "the current folder", "a path without spaces, quotes and %", name + "/+@,:=~")
    }

    /// Slurm's lists of nodes have numbers in brackets, and no brackets in those.
    private func checkBrackets(_ list: String) throws(Diagnostic) {
        var isOpen = false
        for character in list where character == "[" || character == "]" {
            guard isOpen == (character == "]") else { throw unbalanced(list) }
            isOpen.toggle()
        }
        if isOpen { throw unbalanced(list) }
    }

    private func unbalanced(_ list: String) -> Diagnostic {
        Diagnostic(
            "launch.word", "the brackets of this list of nodes do not fit together", at: .init(key: "--exclude"),
            expected: "such as n3,n[7-9]", found: "“\(list)”")
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
