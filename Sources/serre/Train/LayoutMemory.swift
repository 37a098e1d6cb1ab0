import ClusterProfiles
import Diagnostics
import Estimation
import Programs
import Recipes

/// Whether the ranks of a layout fit the memory of a cluster's accelerators.
struct LayoutMemory {
    private let memory: MemoryEstimate?
    private let profile: ClusterProfile

    init(_ recipe: Recipe, on profile: ClusterProfile) throws(Diagnostic) {
        memory = MemoryEstimate.worst(
            of: try Lowering.programs(recipe), profile: profile)
        self.profile = profile
    }

    /// Throws when the largest rank does not fit.
    func require() throws(Diagnostic) {
        guard let memory, !memory.fits(profile) else { return }
        throw Diagnostic(
            "layout.exceeds-memory", "the largest rank does not fit an accelerator of \(profile.name)",
            expected: "at most \(bytesText(Int(profile.accelerator.memoryBytes)))",
            found: bytesText(Int(memory.total)),
            remedy: "raise the tensor or pipeline degree, lower --micro-batch, or use --recompute full")
    }
}
