import ClusterProfiles
import Estimation
import Foundation

/// What this machine is, as far as the operating system says.
struct MachineDescription {
    var cores = ProcessInfo.processInfo.activeProcessorCount
    var memoryGiB = Double(ProcessInfo.processInfo.physicalMemory) / 0x1p30
    var processor = "processor"

    init() {
        let text = (try? String(contentsOfFile: "/proc/cpuinfo", encoding: .utf8)) ?? ""
        guard let line = text.split(separator: "\n").first(where: { $0.hasPrefix("model name") }),
            let name = line.split(separator: ":", maxSplits: 1).last
        else { return }
        processor = name.trimmingCharacters(in: .whitespaces)
    }

    var name: String { "\(cores) core\(cores == 1 ? "" : "s") of \(processor)" }
}

/// A profile of this machine: what was measured, and the rest from a base.
struct MachineProfile {
    var profile: ClusterProfile

    init(
        _ base: ClusterProfile, _ machine: MachineDescription, workers: Int, _ place: String,
        _ samples: [KernelRates.Sample], _ kernels: KernelRates
    ) {
        profile = base
        let accelerators = max(1, machine.cores / workers)
        let told = "the operating system"
        profile.nodes.acceleratorsPerNodeFigure = Figure(
            Double(accelerators), source: "\(machine.cores) cores, \(workers) to a process")
        profile.nodes.coresPerNodeFigure = Figure(Double(machine.cores), source: told)
        profile.nodes.memoryGiB = Figure(Self.rounded(machine.memoryGiB), source: told)
        profile.accelerator.memoryGiB = Figure(
            Self.rounded(machine.memoryGiB / Double(accelerators)), source: "the machine's, shared among its processes")
        profile.accelerator.name = "\(workers == 1 ? "one core" : "\(workers) threads") of \(machine.processor)"
        // One number per processor would be a guess: the fastest product seen is what is known of the peak.
        let products = samples.filter { [.product, .segmentedProduct, .weightGradient].contains($0.kind) }
        let speeds = products.map { $0.work.matrixOperations / $0.seconds }.sorted()
        if let fastest = speeds.last, fastest > 0 {
            let weight = products.reduce(0) { $0 + $1.share }
            let mean = products.reduce(0) { $0 + $1.share * $1.seconds / $1.work.matrixOperations } / weight
            profile.accelerator.peakTeraflopsPerSecond.float32 = Figure(
                Self.rounded(fastest * 1e-12), source: "\(place): the fastest of \(speeds.count) products")
            profile.accelerator.matmulFraction = Figure(
                min(1, Self.rounded(1 / (mean * fastest))), source: "\(place): the mean of \(speeds.count) products")
        }
        // Longer than caches hold.
        let streams = samples.filter { [.adamW, .addition].contains($0.kind) && $0.work.memoryBytes > 5e7 }
        let bandwidths = streams.map { $0.work.memoryBytes / $0.seconds }.sorted()
        if let fastest = bandwidths.last {
            profile.accelerator.memoryBandwidthGigabytesPerSecond = Figure(
                Self.rounded(fastest * 1e-9), source: "\(place): the fastest of \(bandwidths.count) streams")
            profile.accelerator.memoryFraction = Figure(
                Self.rounded(bandwidths[bandwidths.count / 2] / fastest),
                source: "\(place): the middle one of \(bandwidths.count) streams")
        }
        if let least = samples.map(\.seconds).min() {
            profile.accelerator.kernelLaunchMicroseconds = Figure(
                Self.rounded(least * 1e6), source: "\(place): the shortest kernel")
        }
        profile.accelerator.kernels = nil
        profile.accelerator.rates = kernels.rates
    }

    private static func rounded(_ value: Double) -> Double {
        guard value > 0 else { return 0 }
        let scale = pow(10, 3 - log10(value).rounded(.down))
        return (value * scale).rounded() / scale
    }
}
