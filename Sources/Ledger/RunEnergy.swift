import Diagnostics

/// The energy and the carbon of a run, as `energy.json` of its record says them; what is not known is absent, with the
/// reason.
///
/// The file is replaced in every commit that holds metrics: ``segment`` is about the steps of that commit alone, and
/// ``total`` about all so far, steps done again after a resume counted again.
public struct RunEnergy: Codable, Sendable, Equatable {
    /// The record format.
    public var format = RecordFormat.version
    public var segment: Amount?
    public var total: Amount?
    /// How the figures came about, for people.
    public var basis: String?
    /// Why there are none.
    public var absent: String?
    /// Why there is energy but no carbon.
    public var carbonAbsent: String?

    /// What some steps took.
    public struct Amount: Codable, Sendable, Equatable {
        public var firstStep: Int
        public var lastStep: Int
        public var joules: Double
        /// In grams of CO₂ equivalent.
        public var carbonGrams: Double?

        public init(steps: ClosedRange<Int>, joules: Double, carbonGrams: Double?) {
            (firstStep, lastStep) = (steps.lowerBound, steps.upperBound)
            self.joules = joules
            self.carbonGrams = carbonGrams
        }

        private enum CodingKeys: String, CodingKey {
            case joules
            case firstStep = "first_step"
            case lastStep = "last_step"
            case carbonGrams = "carbon_grams"
        }
    }

    /// The energy of steps that have been measured or estimated.
    public init(basis: String, carbonAbsent: String? = nil) {
        self.basis = basis
        self.carbonAbsent = carbonAbsent
    }

    /// A record without energy.
    public init(absent reason: String) { absent = reason }

    /// Makes `amount` the newest segment and adds it to the total.
    public mutating func add(_ amount: Amount) {
        segment = amount
        guard var sum = total else { return total = amount }
        sum.firstStep = min(sum.firstStep, amount.firstStep)
        sum.lastStep = max(sum.lastStep, amount.lastStep)
        sum.joules += amount.joules
        sum.carbonGrams = sum.carbonGrams.flatMap { sum in amount.carbonGrams.map { sum + $0 } }
        total = sum
    }

    /// The file `energy.json`.
    public func recordFile() throws(Diagnostic) -> RecordFile {
        RecordFile(path: RecordFormat.Path.energy, content: try RecordJSON.encode(self))
    }

    private enum CodingKeys: String, CodingKey {
        case format, segment, total, basis, absent
        case carbonAbsent = "carbon_absent"
    }
}

extension Ledger {
    /// The energy of a run as the newest commit that tells it does; `nil` when the record has no such file.
    public func energy(_ run: RunID) throws(Diagnostic) -> RunEnergy? {
        guard let bytes = try file(run, RecordFormat.Path.energy) else { return nil }
        return try RecordJSON.decode(RunEnergy.self, from: bytes, path: RecordFormat.Path.energy)
    }
}
