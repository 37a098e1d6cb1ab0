import Foundation
import Ledger

/// The numbers of a run's steps, one array per quantity: what the charts draw.
///
/// Values that were not recorded or are not finite are `nil`.
struct StepColumns: Sendable, Equatable, Encodable {
    private(set) var step: [Int] = []
    private(set) var samples: [Int?] = []
    private(set) var tokens: [Int?] = []
    private(set) var loss: [Double?] = []
    private(set) var gradientNorm: [Double?] = []
    private(set) var learningRate: [Double?] = []
    private(set) var seconds: [Double?] = []
    private(set) var tokensPerSecond: [Double?] = []
    private(set) var virtualSeconds: [Double?] = []
    /// When each step ended, as nearly as the record tells, in seconds since 1970.
    private(set) var time: [Double] = []

    /// A start or a resume: training went on after `step`, at `time`.
    struct Begin: Sendable {
        var step: Int
        var time: Double

        init?(_ event: RecordedEvent) {
            guard event.kind == .start || event.kind == .resume else { return nil }
            (step, time) = (event.step ?? 0, event.time.timeIntervalSince1970)
        }
    }

    /// Reads metrics lines; those that are no steps are left out.
    init(_ lines: [String], begins: [Begin]) {
        let decoder = JSONDecoder()
        var byStep: [Int: Line] = [:]
        for text in lines {
            guard let line = try? decoder.decode(Line.self, from: Data(text.utf8)) else { continue }
            byStep[line.step] = line
        }
        var (rest, now) = (begins[...], begins.first?.time ?? 0)
        for (number, line) in byStep.sorted(by: { $0.key < $1.key }) {
            while let begin = rest.first, begin.step < number {
                now = max(now, begin.time)
                rest.removeFirst()
            }
            now += max(line.seconds ?? 0, 0)
            append(line, at: now)
        }
    }

    private mutating func append(_ line: Line, at now: Double) {
        let exact = line.fingerprint.flatMap(StepMetrics.ExactNumbers.init(fingerprint:))
        step.append(line.step)
        samples.append(line.samples)
        tokens.append(line.tokens)
        loss.append(Self.finite(exact?.loss ?? line.loss))
        gradientNorm.append(Self.finite(exact?.gradientNorm ?? line.gradientNorm))
        learningRate.append(Self.finite(line.learningRate))
        seconds.append(Self.finite(line.seconds))
        tokensPerSecond.append(Self.finite(line.tokensPerSecond))
        virtualSeconds.append(Self.finite(line.virtualSeconds))
        time.append(now)
    }

    private static func finite(_ value: Double?) -> Double? { value.flatMap { $0.isFinite ? $0 : nil } }

    private struct Line: Decodable {
        var step: Int
        var samples, tokens: Int?
        var fingerprint: String?
        var loss, gradientNorm, learningRate, seconds, tokensPerSecond, virtualSeconds: Double?

        enum CodingKeys: String, CodingKey {
            case step, samples, tokens, fingerprint, loss, seconds
            case gradientNorm = "gradient_norm"
            case learningRate = "learning_rate"
            case tokensPerSecond = "tokens_per_second"
            case virtualSeconds = "virtual_seconds"
        }
    }

    enum CodingKeys: String, CodingKey {
        case step, samples, tokens, loss, seconds, time
        case gradientNorm = "gradient_norm"
        case learningRate = "learning_rate"
        case tokensPerSecond = "tokens_per_second"
        case virtualSeconds = "virtual_seconds"
    }
}
