import Foundation

/// How much of the machine others used while something was measured.
///
/// A timing taken while another process wants the same cores says little; two threads that share them, nothing.
public struct MachineLoad {
    private let started = Sample()
    private let peer: Int32?

    /// Starts watching. `peer` is a process whose use counts as this one's.
    public init(peer: Int32? = nil) {
        self.peer = peer
        own = Self.ownTicks(peer: peer)
    }

    private let own: Double

    /// The share of all cores' time since the start that neither this process nor its peer used, and that was not idle:
    /// other processes, and what the hypervisor gave to other machines.
    public func shareOfOthers() -> Double {
        let now = Sample()
        let all = now.all - started.all
        guard all > 0 else { return 0 }
        let mine = Self.ownTicks(peer: peer) - own
        return max(0, (now.busy - started.busy) - mine) / all
    }

    /// Above this share timings are worthless.
    public static let tolerableShare = 0.05

    /// Ticks of all cores since the machine started.
    private struct Sample {
        var all = 0.0
        var busy = 0.0

        init() {
            guard let text = try? String(contentsOfFile: "/proc/stat", encoding: .utf8),
                let line = text.split(separator: "\n").first
            else { return }
            // user, nice, system, idle, iowait, irq, softirq, steal; what follows is counted in user already.
            let ticks = line.split(separator: " ").dropFirst().prefix(8).compactMap { Double($0) }
            guard ticks.count == 8 else { return }
            all = ticks.reduce(0, +)
            busy = all - ticks[3] - ticks[4]
        }
    }

    private static func ownTicks(peer: Int32?) -> Double {
        ticks(of: "self") + (peer.map { ticks(of: "\($0)") } ?? 0)
    }

    /// User and system time of a process and all its threads.
    private static func ticks(of process: String) -> Double {
        guard let text = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8),
            let end = text.lastIndex(of: ")")
        else { return 0 }
        // Counted behind the name, which may hold anything: state is field 0, so utime and stime are 11 and 12.
        let fields = text[text.index(after: end)...].split(separator: " ")
        guard fields.count > 12 else { return 0 }
        return (Double(fields[11]) ?? 0) + (Double(fields[12]) ?? 0)
    }
}
