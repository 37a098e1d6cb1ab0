import Training

/// Something that did not come out again as it is on record.
public struct ReplayDifference: Sendable, Equatable {
    public enum Quantity: Sendable, Equatable {
        case loss, gradientNorm, updateSum, samples, guardAction, stateDigest
        case evaluation(language: String)

        /// The words for people.
        public var name: String {
            switch self {
            case .loss: "loss"
            case .gradientNorm: "gradient norm"
            case .updateSum: "sum of the updates"
            case .samples: "samples"
            case .guardAction: "action of the guard"
            case .stateDigest: "state digest"
            case .evaluation(let language): "held-out bits per byte of \(language)"
            }
        }
    }

    public var step: Int
    public var quantity: Quantity
    /// As on record, and as it came out now.
    public var expected: String
    public var found: String
    /// The parameter whose state differs, and the rank that had saved it, where a checkpoint of this step is at hand.
    public var tensor: String?
    public var rank: Int?

    /// What differs between a step on record and the same step now; the numbers of the fingerprint first.
    static func between(_ recorded: RecordedStep, _ now: StepRecord) -> ReplayDifference? {
        func difference(_ quantity: Quantity, _ expected: String, _ found: String) -> ReplayDifference? {
            expected == found
                ? nil : ReplayDifference(step: now.step, quantity: quantity, expected: expected, found: found)
        }
        if recorded.fingerprint != now.fingerprint {
            let (was, new) = (Fingerprint(recorded.fingerprint), Fingerprint(now.fingerprint))
            for quantity in [Quantity.loss, .gradientNorm, .updateSum] {
                if let found = difference(quantity, was.text(of: quantity), new.text(of: quantity)) { return found }
            }
            return difference(.loss, recorded.fingerprint, now.fingerprint)
        }
        return difference(.samples, "\(recorded.samples)", "\(now.samples)")
            ?? difference(.guardAction, recorded.action ?? "none", now.decision?.action.rawValue ?? "none")
    }
}

/// The three numbers of a step's fingerprint.
struct Fingerprint {
    private let parts: [Substring]

    init(_ text: String) { parts = text.split(separator: "-") }

    /// The number with its bits, such as `5.5451 (40162e42fefa39ef)`.
    func text(of quantity: ReplayDifference.Quantity) -> String {
        let index: Int? =
            switch quantity {
            case .loss: 0
            case .gradientNorm: 1
            case .updateSum: 2
            default: nil
            }
        guard let index, index < parts.count else { return "none" }
        guard let bits = UInt64(parts[index], radix: 16) else { return String(parts[index]) }
        return "\(Double(bitPattern: bits)) (\(parts[index]))"
    }
}
