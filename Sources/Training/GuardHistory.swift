import Integrity
import Recipes

/// What the guard must remember: part of the state of a run whose recipe has a guard, saved, digested and resumed with it.
public struct GuardHistory: Codable, Sendable, Equatable {
    /// Updates that the state at hand has had: the step that AdamW corrects its moments for.
    public var updates: Int
    /// Losses of the last steps that were updated from, oldest first; at most the guard's window.
    public var losses: [ExactNumber] = []
    /// Every decision of the run so far, those that a roll back has left behind included.
    public var decisions: [GuardDecision] = []

    public init(updates: Int) { self.updates = updates }

    /// The largest loss that is no spike; `nil` while too few losses are known, or where spikes are not watched for.
    func largestLoss(_ policy: Recipe.GuardPolicy) -> Double? {
        guard policy.spike != .off, losses.count == policy.spikeWindow else { return nil }
        return policy.spikeFactor * Self.median(losses.map(\.value))
    }

    /// The middle value, or half the sum of the two in the middle, of at least one finite number.
    static func median(_ values: [Double]) -> Double {
        let sorted = values.sorted()
        let middle = sorted.count / 2
        return sorted.count % 2 == 1 ? sorted[middle] : 0.5 * (sorted[middle - 1] + sorted[middle])
    }

    /// Counts a step that was updated from.
    mutating func append(loss: Double, _ policy: Recipe.GuardPolicy) {
        updates += 1
        guard policy.spike != .off else { return }
        losses.append(ExactNumber(loss))
        if losses.count > policy.spikeWindow { losses.removeFirst() }
    }

    /// Steps right before `step` that were skipped, without one between them that was not.
    func skippedInARow(before step: Int) -> Int {
        var count = 0
        while let decision = decisions.dropLast(count).last, decision.action == .skip,
            decision.step == step - 1 - count
        { count += 1 }
        return count
    }

    var rollBacks: Int { decisions.count { $0.action == .rollBack } }

    /// The history as bytes, for the state's digest.
    var encoded: [UInt8] {
        var bytes = littleEndian(updates) + littleEndian(losses.count)
        for loss in losses { bytes += littleEndian(loss) }
        bytes += littleEndian(decisions.count)
        for decision in decisions { bytes += decision.encoded }
        return bytes
    }
}

/// That the guard withheld a step's update, or took the run back, and why.
public struct GuardDecision: Codable, Sendable, Equatable {
    /// The step whose numbers were out of bounds.
    public var step: Int
    public var cause: Cause
    public var action: Action
    /// The run's samples, counted from 0, that leave no trace in the state: `firstSample` up to but without `endSample`.
    public var firstSample: Int
    public var endSample: Int
    /// The step whose state came back.
    public var rolledBackTo: Int?
    public var loss: ExactNumber
    public var gradientNorm: ExactNumber
    /// The largest loss that was no spike at this step, where that was known.
    public var largestLoss: ExactNumber?

    private enum CodingKeys: String, CodingKey {
        case step, cause, action, loss
        case firstSample = "first_sample"
        case endSample = "end_sample"
        case rolledBackTo = "rolled_back_to"
        case gradientNorm = "gradient_norm"
        case largestLoss = "largest_loss"
    }

    public enum Cause: String, Codable, Sendable {
        case nonFinite = "non_finite"
        case spike
    }

    public enum Action: String, Codable, Sendable {
        case stop, skip
        case rollBack = "roll_back"
    }

    fileprivate var encoded: [UInt8] {
        let words = "\(cause.rawValue) \(action.rawValue)"
        var bytes = [step, firstSample, endSample, rolledBackTo ?? -1, words.utf8.count].flatMap(littleEndian)
        bytes += Array(words.utf8)
        for number in [loss, gradientNorm, largestLoss ?? ExactNumber(.nan)] { bytes += littleEndian(number) }
        return bytes
    }
}

/// A float64 that JSON keeps to the bit, as 16 hexadecimal digits. All that is not a number is one value, since its sign
/// and payload depend on the order of operands.
public struct ExactNumber: Codable, Sendable, Equatable {
    public let bits: UInt64

    public init(_ value: Double) { bits = value.isNaN ? Double.nan.bitPattern : value.bitPattern }

    public var value: Double { Double(bitPattern: bits) }

    public static func == (a: Self, b: Self) -> Bool { a.bits == b.bits }

    public var hexadecimal: String {
        let digits = String(bits, radix: 16)
        return String(repeating: "0", count: 16 - digits.count) + digits
    }

    public init(from decoder: any Decoder) throws {
        let text = try decoder.singleValueContainer().decode(String.self)
        guard text.utf8.count == 16, let bits = UInt64(text, radix: 16) else {
            throw DecodingError.dataCorrupted(
                .init(codingPath: decoder.codingPath, debugDescription: "not 16 hexadecimal digits"))
        }
        self.bits = bits
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(hexadecimal)
    }
}

private func littleEndian(_ number: ExactNumber) -> [UInt8] { littleEndian(Int(bitPattern: UInt(number.bits))) }
