import Diagnostics
import TypedYAML

extension ClusterProfile {
    /// What an accelerator draws at what it does, as shares of its rated power.
    public struct Power: Sendable, Equatable {
        /// While it computes, its own communication behind that included.
        public var computingFraction: Figure
        /// While it has nothing to do but move bytes.
        public var communicatingFraction: Figure
        /// While it waits for another rank: its kernels poll.
        public var waitingFraction: Figure
        /// While no process uses it.
        public var idleFraction: Figure

        enum Key: String, CaseIterable {
            case computing = "computing_fraction"
            case communicating = "communicating_fraction"
            case waiting = "waiting_fraction"
            case idle = "idle_fraction"
        }

        /// The keys of a profile that say it: all or none.
        public static var keys: [String] {
            Key.allCases.map { "\(ClusterProfile.Key.power.rawValue).\($0.rawValue)" }
        }

        init?(reading value: YAMLValue?) throws(Diagnostic) {
            guard let reader = try value?.section(Key.self) else { return nil }
            computingFraction = try reader.required(.computing).figure(.between(0, 1))
            communicatingFraction = try reader.required(.communicating).figure(.between(0, 1))
            waitingFraction = try reader.required(.waiting).figure(.between(0, 1))
            idleFraction = try reader.required(.idle).figure(.between(0, 1))
        }

        var entries: [Entry] {
            [
                .figure(Key.computing, computingFraction), .figure(Key.communicating, communicatingFraction),
                .figure(Key.waiting, waitingFraction), .figure(Key.idle, idleFraction),
            ]
        }
    }
}
