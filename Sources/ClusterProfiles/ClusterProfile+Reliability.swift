import Diagnostics
import TypedYAML

extension ClusterProfile {
    /// How often a node ends the job that runs on it, and how long it is until the job trains again.
    ///
    /// A crash is noticed by the machine. A hang is not: every process waits for ever, and somebody has to find out.
    public struct Reliability: Sendable, Equatable {
        public var crashesPerNodeHour: Figure
        /// From a crash until its job has ended everywhere.
        public var detectionMinutes: Figure
        public var hangsPerNodeHour: Figure
        /// From the beginning of a hang until its job has ended, on average.
        public var hangHours: Figure
        /// From a job's start to its first step, on top of reading the checkpoint: launch, communicators, warm-up.
        public var startMinutes: Figure
        /// Until a node that crashed can be used again, on average.
        public var repairHours: Figure

        enum Key: String, CaseIterable {
            case crashes = "crashes_per_node_hour"
            case detection = "detection_minutes"
            case hangs = "hangs_per_node_hour"
            case hang = "hang_hours"
            case start = "start_minutes"
            case repair = "repair_hours"
        }

        /// The keys of a profile that say it: all or none.
        public static var keys: [String] {
            Key.allCases.map { "\(ClusterProfile.Key.reliability.rawValue).\($0.rawValue)" }
        }

        init?(reading value: YAMLValue?) throws(Diagnostic) {
            guard let reader = try value?.section(Key.self) else { return nil }
            crashesPerNodeHour = try reader.required(.crashes).figure(.nonNegative)
            detectionMinutes = try reader.required(.detection).figure(.nonNegative)
            hangsPerNodeHour = try reader.required(.hangs).figure(.nonNegative)
            hangHours = try reader.required(.hang).figure(.nonNegative)
            startMinutes = try reader.required(.start).figure(.nonNegative)
            repairHours = try reader.required(.repair).figure(.nonNegative)
        }

        var entries: [Entry] {
            [
                .figure(Key.crashes, crashesPerNodeHour, "per h"), .figure(Key.detection, detectionMinutes, "min"),
                .figure(Key.hangs, hangsPerNodeHour, "per h"), .figure(Key.hang, hangHours, "h"),
                .figure(Key.start, startMinutes, "min"), .figure(Key.repair, repairHours, "h"),
            ]
        }
    }

    /// The sections that only whole runs need.
    var campaignEntries: [Entry] {
        (reliability.map { [.section(Key.reliability.rawValue, $0.entries)] } ?? [])
            + (power.map { [.section(Key.power.rawValue, $0.entries)] } ?? [])
    }
}
