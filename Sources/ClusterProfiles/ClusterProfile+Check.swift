import Diagnostics

extension ClusterProfile {
    /// Figures that are legal one by one but implausible together: warnings for whoever wrote the profile.
    ///
    /// What is impossible (a negative bandwidth, a share above 1, a missing source) was refused by reading.
    public func check() -> [Diagnostic] {
        var warnings = [Diagnostic]()
        func expect(_ plausible: Bool, _ key: String, _ message: String, expected: String, found: Double) {
            guard !plausible else { return }
            warnings.append(
                Diagnostic(
                    "profile.implausible", message, at: .init(key: key), expected: expected, found: plain(found)))
        }
        let memory = accelerator.memoryGiB.value
        let peaks = accelerator.peakTeraflopsPerSecond
        expect(
            accelerator.frameworkContextGiB.value < memory, "accelerator.framework_context_gib",
            "the framework's context leaves no memory", expected: "less than \(plain(memory)) GiB",
            found: accelerator.frameworkContextGiB.value)
        for (key, figure) in [("float16", peaks.float16), ("bfloat16", peaks.bfloat16), ("tf32", peaks.tf32)] {
            guard let figure else { continue }
            expect(
                figure.value >= peaks.float32.value, "accelerator.peak_teraflops_per_second.\(key)",
                "the narrower type is slower than float32", expected: "at least \(plain(peaks.float32.value)) TFLOP/s",
                found: figure.value)
        }
        if let fast = accelerator.rates?.kind(fasterThan: peaks.float32.value) {
            expect(
                false, "accelerator.rates.\(fast.kind.rawValue).gigaflops_per_second",
                "the kernel is faster than the accelerator's float32 peak",
                expected: "at most \(plain(1000 * peaks.float32.value)) GFLOP/s", found: fast.gigaflops)
        }
        let acceleratorWatts = Double(nodes.acceleratorsPerNode) * accelerator.tdpWatts.value
        let workingWatts = nodes.otherWatts.value + acceleratorWatts
        expect(
            nodes.idleWatts.value < workingWatts, "nodes.idle_watts", "a node draws more when idle than at work",
            expected: "less than \(plain(workingWatts)) W", found: nodes.idleWatts.value)
        let perAccelerator = interNode.bytesPerSecondPerNode / Double(nodes.acceleratorsPerNode) / 1e9
        expect(
            nodes.count == 1 || perAccelerator <= intraNode.bytesPerSecond / 1e9,
            "inter_node.bandwidth_gigabytes_per_second",
            "an accelerator's share of the network is faster than its link inside the node",
            expected: "at most \(plain(intraNode.bytesPerSecond / 1e9)) GB/s achieved", found: perAccelerator)
        expect(
            intraNode.bytesPerSecond <= accelerator.memoryBytesPerSecond, "intra_node.bandwidth_gigabytes_per_second",
            "the link is faster than the memory behind it",
            expected: "at most \(plain(accelerator.memoryBytesPerSecond / 1e9)) GB/s achieved",
            found: intraNode.bytesPerSecond / 1e9)
        let carbon = site.carbonIntensityGramsPerKilowattHour.value
        expect(
            carbon <= 1200, "site.carbon_intensity_grams_per_kilowatt_hour", "no grid is known to emit that much",
            expected: "at most 1200 g/kWh", found: carbon)
        if let power {
            expect(
                power.idleFraction.value <= power.computingFraction.value, "power.idle_fraction",
                "an accelerator draws more when idle than at work",
                expected: "at most \(plain(power.computingFraction.value))", found: power.idleFraction.value)
        }
        if let reliability {
            let failures = reliability.crashesPerNodeHour.value + reliability.hangsPerNodeHour.value
            expect(
                failures <= 0.1, "reliability.crashes_per_node_hour", "no machine is known to fail that often",
                expected: "at most 0.1 per hour with the hangs", found: failures)
        }
        if let slurm {
            let cores = slurm.coresPerAccelerator * nodes.acceleratorsPerNode
            expect(
                cores <= nodes.coresPerNode, "slurm.cores_per_accelerator",
                "a node has fewer cores than its jobs ask for",
                expected: "at most \(nodes.coresPerNode / nodes.acceleratorsPerNode)",
                found: Double(slurm.coresPerAccelerator))
        }
        return warnings
    }
}

/// A number for a message, with at most two decimals.
private func plain(_ number: Double) -> String {
    let rounded = (number * 100).rounded() / 100
    return rounded == rounded.rounded() ? "\(Int64(clamping: Int(exactly: rounded) ?? .max))" : "\(rounded)"
}
