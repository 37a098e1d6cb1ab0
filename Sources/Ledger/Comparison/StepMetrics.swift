import Diagnostics
import Foundation

/// The numbers of one optimiser step, as a metrics line of a record has them.
public struct StepMetrics: Sendable, Equatable {
    public var step: Int
    /// The exact bits of loss, gradient norm and update sum: three times 16 hexadecimal digits, joined by `-`.
    public var fingerprint: String?
    /// The digest of the training state after the step, where it was taken.
    public var digest: String?
    /// Mean loss per token, in nats; `nil` where it was not finite.
    public var loss: Double?
    /// The gradient's Euclidean norm before clipping; `nil` where it was not finite.
    public var gradientNorm: Double?
    /// Samples and tokens consumed so far.
    public var samples, tokens: Int?
    public var learningRate: Double?
    /// Wall-clock seconds of the step.
    public var seconds: Double?
    /// Seconds of the step on the simulated cluster, where the run had one.
    public var virtualSeconds: Double?
    public var tokensPerSecond: Double?
    /// How long each rank was at work, in rank order, where it was recorded.
    public var rankSeconds: [Double]?

    /// Reads a line of `metrics/*.jsonl`; `nil` when it is not about a step.
    public init?(line: String) {
        var line = line
        guard let read = line.withUTF8({ StepMetrics(bytes: $0) }) else { return nil }
        self = read
    }

    /// The steps of a file of lines, in their order; lines that are not about a step are left out.
    public static func all(in file: some Sequence<UInt8>) -> [StepMetrics] {
        let lines = file.withContiguousStorageIfAvailable { steps(in: $0) }
        return lines ?? Array(file).withUnsafeBufferPointer { steps(in: $0) }
    }

    private static func steps(in bytes: UnsafeBufferPointer<UInt8>) -> [StepMetrics] {
        var (steps, start): ([StepMetrics], Int) = ([], 0)
        while start < bytes.count {
            let end = bytes[start...].firstIndex(of: UInt8(ascii: "\n")) ?? bytes.count
            if let step = StepMetrics(bytes: UnsafeBufferPointer(rebasing: bytes[start..<end])) { steps.append(step) }
            start = end + 1
        }
        return steps
    }

    private init?(bytes: UnsafeBufferPointer<UInt8>) {
        guard !bytes.isEmpty, let keys = MetricsLine(bytes) ?? Self.decoded(bytes), let step = keys.step else {
            return nil
        }
        self.step = step
        fingerprint = keys.fingerprint
        digest = keys.digest
        let exact = exactNumbers
        loss = exact?.loss ?? keys.loss
        gradientNorm = exact?.gradientNorm ?? keys.gradientNorm
        (samples, tokens) = (keys.samples, keys.tokens)
        learningRate = keys.learningRate
        (seconds, virtualSeconds) = (keys.seconds, keys.virtualSeconds)
        tokensPerSecond = keys.tokensPerSecond
        rankSeconds = keys.rankSeconds
    }

    /// What a decoder makes of a line: the definition that ``MetricsLine`` keeps to.
    static func decoded(_ bytes: UnsafeBufferPointer<UInt8>) -> MetricsLine? {
        (try? JSONDecoder().decode(Line.self, from: Data(String(decoding: bytes, as: UTF8.self).utf8))).map { line in
            MetricsLine(
                step: line.step, samples: line.samples, tokens: line.tokens, fingerprint: line.fingerprint,
                digest: line.digest, loss: line.loss, gradientNorm: line.gradientNorm,
                learningRate: line.learningRate, seconds: line.seconds, tokensPerSecond: line.tokensPerSecond,
                virtualSeconds: line.virtualSeconds, rankSeconds: line.rankSeconds)
        }
    }

    private struct Line: Decodable {
        var step: Int
        var samples, tokens: Int?
        var fingerprint, digest: String?
        var loss, gradientNorm, learningRate, seconds, tokensPerSecond, virtualSeconds: Double?
        var rankSeconds: [Double]?

        enum CodingKeys: String, CodingKey {
            case step, samples, tokens, fingerprint, digest, loss, seconds
            case gradientNorm = "gradient_norm"
            case learningRate = "learning_rate"
            case tokensPerSecond = "tokens_per_second"
            case virtualSeconds = "virtual_seconds"
            case rankSeconds = "rank_seconds"
        }
    }

    /// The three numbers whose bits the fingerprint is; they may be infinite or not a number.
    public struct ExactNumbers: Sendable {
        /// Mean loss per token, in nats.
        public var loss: Double
        /// The gradient's Euclidean norm before clipping.
        public var gradientNorm: Double
        /// The sum of the parameters' updates.
        public var updateSum: Double

        /// Reads a fingerprint; `nil` when it is of another form.
        public init?(fingerprint: String) {
            let parts = fingerprint.utf8.split(separator: UInt8(ascii: "-"), omittingEmptySubsequences: false)
            let numbers = parts.compactMap { $0.count == 16 ? UInt64(Substring($0), radix: 16) : nil }
            guard parts.count == 3, numbers.count == 3 else { return nil }
            loss = Double(bitPattern: numbers[0])
            gradientNorm = Double(bitPattern: numbers[1])
            updateSum = Double(bitPattern: numbers[2])
        }
    }

    /// The numbers of the fingerprint; `nil` when there is none or it is of another form.
    public var exactNumbers: ExactNumbers? { fingerprint.flatMap(ExactNumbers.init) }

    /// What must be equal for two steps to be: the fingerprint's bits or, without one, the loss's.
    var identity: String {
        fingerprint ?? loss.map { "loss \($0.bitPattern)" } ?? "loss not finite"
    }
}

extension Ledger {
    /// The steps of a run in ascending order; of a step that was done again after a resume, the last version.
    public func steps(_ run: RunID) throws(Diagnostic) -> [StepMetrics] {
        Self.lastVersions(try metrics(run).compactMap { StepMetrics(line: $0).map { (step: $0.step, line: $0) } })
    }
}
