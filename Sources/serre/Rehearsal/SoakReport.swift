import Diagnostics
import Rehearsal

/// What a soak has found, for people and for programs.
struct SoakReport {
    private let result: Soak.Result
    private let seconds: Double

    init(_ result: Soak.Result, seconds: Double) {
        self.result = result
        self.seconds = seconds
    }

    func print(json: Bool) throws(Diagnostic) {
        let failures = result.failures
        if json {
            try Console.printJSON(
                Line(
                    seeds: result.seeds, failed: failures.count, recovered: result.recovered, refused: result.refused,
                    seconds: seconds, firstFailure: failures.first?.seed, faults: result.faults))
        } else {
            Console.print("seeds      \(result.seeds)")
            Console.print("recovered  \(result.recovered)   ended with the digest of the run without faults")
            Console.print("refused    \(result.refused)   stopped with a clear error, and could be resumed")
            Console.print("failed     \(failures.count)")
            Console.print("faults     " + faultText)
            Console.print(
                "time       \(fixed(seconds, 1)) s, \(Int(60 * Double(result.seeds) / max(seconds, 1e-9))) seeds a minute"
            )
        }
        for failure in failures { Console.error("seed \(failure.seed): \(failure.problems.joined(separator: "; "))") }
    }

    private var faultText: String {
        let all = result.faults.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        return all.map { "\($0.key) \($0.value)" }.joined(separator: ", ")
    }

    private struct Line: Encodable {
        var seeds: Int
        var failed: Int
        var recovered: Int
        var refused: Int
        var seconds: Double
        var firstFailure: UInt64?
        var faults: [String: Int]

        enum CodingKeys: String, CodingKey {
            case seeds, failed, recovered, refused, seconds, faults
            case firstFailure = "first_failure"
        }

        /// With the seed as null where none failed.
        func encode(to encoder: any Encoder) throws {
            var container = encoder.container(keyedBy: CodingKeys.self)
            try container.encode(seeds, forKey: .seeds)
            try container.encode(failed, forKey: .failed)
            try container.encode(recovered, forKey: .recovered)
            try container.encode(refused, forKey: .refused)
            try container.encode(seconds, forKey: .seconds)
            try container.encode(firstFailure, forKey: .firstFailure)
            try container.encode(faults, forKey: .faults)
        }
    }
}
