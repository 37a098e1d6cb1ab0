import ArgumentParser
import ClusterProfiles
import Diagnostics
import Estimation
import Foundation
import Integrity
import Numerics
import Tables

extension CalibrateCommand {
    /// Measures this machine by running the engine and real messages, and writes a profile for it.
    struct Here: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Measure this machine with the engine's own kernels and messages, and write its profile.",
            discussion: """
                Example:
                  serre calibrate here -o this-machine.yaml

                An accelerator of the profile is one process with --workers threads; the node has as many as its cores \
                allow. Kernels are timed within training steps of several small models, and a rate is fitted to each \
                kind; messages between two processes of mpirun. Run it on an idle machine: it takes about a minute.
                """)

        @Option(
            name: [.customShort("o"), .customLong("output")], help: "Write the profile here (default: only report).",
            completion: .file())
        var output: String?
        @Option(
            help: "The profile that says what is not measured: power, carbon, storage.", completion: .clusterProfile)
        var base = "laptop"
        @Option(help: "Threads of the process that counts as an accelerator.")
        var workers = 1
        @Option(help: "Steps of each model, after one that warms up.")
        var repeats = 7
        @Flag(help: "Print JSON.")
        var json = false

        func validate() throws {
            if repeats < 1 || workers < 1 { throw ValidationError("Counts must be 1 or more.") }
        }

        func run() throws {
            let base = try ClusterProfile.load(base)
            let machine = MachineDescription()
            let load = MachineLoad()
            var samples: [KernelRates.Sample] = []
            for model in CalibrationModel.all {
                Console.progress("measuring \(model.name)")
                samples += try model.samples(workers: workers, steps: repeats)
            }
            Console.endProgress()
            let others = load.shareOfOthers()
            let place =
                "measured by serre calibrate here on \(machine.name), \(workers == 1 ? "one core" : "\(workers) threads")"
            let kernels = try KernelRates(samples) { shapes, error in
                "\(place): \(shapes) shape\(shapes == 1 ? "" : "s") of call, error \(fixed(100 * error, 1)) %"
            }
            var profile = MachineProfile(base, machine, workers: workers, place, samples, kernels).profile
            let messages = machine.cores / workers > 1 ? try MessageMeasurements.run() : nil
            var calibration: Calibration?
            if let messages {
                calibration = try Calibration(profile, to: messages)
                profile = calibration?.profile ?? profile
            } else {
                Console.warn(
                    "messages were not measured: mpirun or a second core is missing; the link is that of \(base.name)")
            }
            let excesses = kernels.peakExcesses(on: profile)
            for excess in excesses { Console.warn(excess.text) }
            if let output { try AtomicFile.write(profile.yaml, to: output) }
            if json {
                return try Console.printJSON(
                    Report(
                        kernels: kernels.fits.map(Report.Kernel.init), abovePeak: excesses, links: calibration,
                        othersShare: others))
            }
            show(kernels, calibration)
            if others > MachineLoad.tolerableShare {
                Console.warn(
                    "others used \(fixed(100 * others, 0)) % of the processors meanwhile; where they wanted the same core or "
                        + "memory the figures are too slow")
            }
            if let output { Console.note("wrote \(output)") }
        }

        private func show(_ kernels: KernelRates, _ links: Calibration?) {
            var table = TextTable(
                header: ["kernel", "shapes", "start µs", "GFLOP/s", "GB/s", "error"], numeric: [1, 2, 3, 4, 5])
            for fit in kernels.fits {
                let figures = [fit.rate.microseconds, fit.rate.gigaflopsPerSecond, fit.rate.gigabytesPerSecond]
                table.rows.append(
                    [fit.kind.rawValue, "\(fit.shapes)"] + figures.map { $0.map { significant($0.value) } ?? "" }
                        + ["\(fixed(100 * fit.error, 1)) %"])
            }
            table.lines.forEach(Console.print)
            guard let links else { return }
            Console.print("")
            links.lines.forEach(Console.print)
        }

        private struct Report: Encodable {
            var kernels: [Kernel]
            var abovePeak: [PeakExcess]
            var links: Calibration?
            var othersShare: Double

            enum CodingKeys: String, CodingKey {
                case kernels, links
                case abovePeak = "above_peak"
                case othersShare = "others_share"
            }

            struct Kernel: Encodable {
                var kind: String
                var shapes: Int
                var microseconds, gigaflopsPerSecond, gigabytesPerSecond: Double?
                var error: Double

                init(_ fit: KernelRates.Fit) {
                    kind = fit.kind.rawValue
                    shapes = fit.shapes
                    microseconds = fit.rate.microseconds?.value
                    gigaflopsPerSecond = fit.rate.gigaflopsPerSecond?.value
                    gigabytesPerSecond = fit.rate.gigabytesPerSecond?.value
                    error = fit.error
                }

                enum CodingKeys: String, CodingKey {
                    case kind, shapes, microseconds, error
                    case gigaflopsPerSecond = "gigaflops_per_second"
                    case gigabytesPerSecond = "gigabytes_per_second"
                }
            }
        }
    }
}
