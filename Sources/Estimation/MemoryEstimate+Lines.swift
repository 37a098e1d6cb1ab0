import ClusterProfiles

extension MemoryEstimate {
    /// The kinds of memory of the worst rank for people, and whether an accelerator of the profile holds them.
    func lines(_ profile: ClusterProfile?) -> [String] {
        var rows = [
            ["memory of stage \(coordinate.pipeline)", "GiB"], ["parameters", gibibytes(parameters)],
            ["gradients", gibibytes(gradients)], ["optimizer", gibibytes(optimizer)],
            ["activations", gibibytes(activations)], ["workspace", gibibytes(workspace)],
        ]
        if frameworkContext > 0 { rows.append(["framework", gibibytes(frameworkContext)]) }
        rows.append(["total", gibibytes(total)])
        return Lines.table(rows) + (profile.map { [verdict($0)] } ?? [])
    }

    /// How the verdict on a layout that does not fit begins.
    static let misfit = "does not fit"

    private func verdict(_ profile: ClusterProfile) -> String {
        let memory = "the \(Lines.gibibytes(profile.accelerator.memoryBytes)) of \(profile.accelerator.name)"
        return fits(profile)
            ? "fits \(memory)"
            : "\(Self.misfit) \(memory): \(Lines.gibibytes(total - profile.accelerator.memoryBytes)) too much"
    }

    private func gibibytes(_ bytes: Double) -> String { Lines.significant(bytes / 0x1p30) }
}
