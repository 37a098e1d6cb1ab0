import Foundation

/// The energy that this machine's processors have drawn, by their own counters (RAPL, as Linux shows it).
///
/// The counters see the whole machine: other programs count too, memory and accelerators mostly do not.
public struct ProcessorEnergy: Sendable {
    /// One processor package.
    private struct Zone: Sendable {
        var folder: String
        /// Where its counter begins anew.
        var range: UInt64
        var last: UInt64
    }

    private var zones: [Zone]

    /// Finds the counters; `nil` with the reason when there are none or they cannot be read.
    ///
    /// - Parameter folder: where Linux shows them.
    public static func find(in folder: String = "/sys/class/powercap") -> (counters: ProcessorEnergy?, reason: String) {
        let names = ((try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []).sorted()
        // `intel-rapl:0` is a package, `intel-rapl:0:1` a part of it; AMD's processors use the same names.
        let packages = names.filter { name in
            name.hasPrefix("intel-rapl:") && name.filter { $0 == ":" }.count == 1
                && (text("\(folder)/\(name)/name")?.hasPrefix("package") ?? false)
        }
        guard !packages.isEmpty else { return (nil, "this machine shows no energy counters of its processors") }
        var zones = [Zone]()
        for name in packages {
            let path = "\(folder)/\(name)"
            guard let last = number("\(path)/energy_uj"), let range = number("\(path)/max_energy_range_uj") else {
                return (nil, "the energy counters of the processors may not be read by this user")
            }
            zones.append(Zone(folder: path, range: range, last: last))
        }
        return (ProcessorEnergy(zones: zones), "")
    }

    /// The joules since the last call, or since the counters were found; `nil` when a counter cannot be read any more.
    ///
    /// A counter that began anew is taken to have done so once.
    public mutating func joules() -> Double? {
        var microjoules = 0.0
        for index in zones.indices {
            guard let now = Self.number("\(zones[index].folder)/energy_uj") else { return nil }
            let last = zones[index].last
            microjoules += Double(now >= last ? now - last : zones[index].range - last + now)
            zones[index].last = now
        }
        return microjoules * 1e-6
    }

    private static func text(_ path: String) -> String? {
        (try? String(contentsOfFile: path, encoding: .utf8))?.trimmingCharacters(in: .whitespacesAndNewlines)
    }

    private static func number(_ path: String) -> UInt64? { text(path).flatMap { UInt64($0) } }
}
