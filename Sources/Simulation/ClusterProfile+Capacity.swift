import ClusterProfiles
import Diagnostics
import Recipes

extension ClusterProfile {
    /// The accelerator's peak for matrix products of a precision, in operations per second.
    ///
    /// Throws `profile.no-peak` if the accelerator has no unit for it.
    public func peakOperationsPerSecond(_ precision: Recipe.Precision) throws(Diagnostic) -> Double {
        let peaks = accelerator.peakTeraflopsPerSecond
        let figure: Figure? =
            switch precision {
            case .float32: peaks.float32
            case .float16: peaks.float16
            case .bfloat16: peaks.bfloat16
            case .float8: peaks.float8
            }
        guard let figure else {
            let known = [
                ("float32", true), ("float16", peaks.float16 != nil), ("bfloat16", peaks.bfloat16 != nil),
                ("float8", peaks.float8 != nil),
            ]
            let names = known.filter { $0.1 }.map { $0.0 }
            throw Diagnostic(
                "profile.no-peak", "\(accelerator.name) of \(name) has no peak for this precision",
                at: .init(key: "precision"), expected: names.joined(separator: " or "), found: precision.rawValue,
                remedy: "pass --precision \(names[names.count - 1])")
        }
        return figure.value * 1e12
    }

    /// Refuses a layout with more ranks than accelerators, and says which data degree would fit.
    public func requireRoom(for layout: Layout) throws(Diagnostic) {
        guard layout.ranks > accelerators else { return }
        let share = layout.tensor * layout.pipeline
        var data = layout.data
        // Half of a legal data degree is legal, and so is 1.
        while data > 1, share * data > accelerators { data = data % 2 == 0 ? data / 2 : 1 }
        let fits = share * data <= accelerators
        throw Diagnostic(
            "layout.exceeds-profile",
            "tensor \(layout.tensor) × pipeline \(layout.pipeline) × data \(layout.data) needs "
                + counted(layout.ranks, "accelerator")
                + ", but \(name) has \(counted(nodes.count, "node")) of \(nodes.acceleratorsPerNode)",
            at: .init(key: "layout"), expected: "at most \(accelerators) ranks", found: "\(layout.ranks)",
            remedy: fits
                ? "pass --data \(data), which takes \(counted(share * data, "accelerator"))"
                : "lower the tensor or pipeline degree: their product alone is \(share)")
    }

    private func counted(_ count: Int, _ noun: String) -> String { "\(count) \(noun)\(count == 1 ? "" : "s")" }
}
