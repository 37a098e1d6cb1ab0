/// How much of a run is checked; each level includes those before it.
public enum VerificationLevel: String, Sendable, CaseIterable, Codable {
    /// The record is whole: every object, the chain, and what its files say of each other.
    case record
    /// What the run read and saved is at hand and unaltered: recipe, corpus, checkpoints and each chunk of them.
    case inputs
    /// A range of steps comes out the same.
    case steps
    /// The whole run comes out the same.
    case run
}

/// One thing that is not as it should be.
public struct VerificationProblem: Codable, Sendable, Equatable {
    /// The damaged thing, by kind and name: `blob 986dcc… (metrics/000001-000100.jsonl)`.
    public var object: String
    public var expected: String
    public var found: String
    /// What to do.
    public var remedy: String?

    public init(_ object: String, expected: String, found: String, remedy: String? = nil) {
        (self.object, self.expected, self.found, self.remedy) = (object, expected, found, remedy)
    }
}

/// What a verification looked at and what it found.
public struct VerificationReport: Sendable, Equatable {
    public var run: String
    public var level: VerificationLevel
    /// What was checked, and how many of each kind, in the order of checking.
    public var checked: [Count] = []
    public var problems: [VerificationProblem] = []
    /// What a reader should know but is no problem, such as another version of Serre.
    public var remarks: [String] = []

    /// A kind of thing and how many of it were checked.
    public struct Count: Codable, Sendable, Equatable {
        public var what: String
        public var count: Int
    }

    public init(run: String, level: VerificationLevel) { (self.run, self.level) = (run, level) }

    /// Whether nothing is wrong.
    public var isIntact: Bool { problems.isEmpty }

    /// Whether every object of the record can be read; what they say may be wrong all the same.
    public var areObjectsWhole: Bool {
        !problems.contains { problem in
            ["reference ", "commit ", "tree ", "blob "].contains { problem.object.hasPrefix($0) }
        }
    }

    /// Counts one more checked thing.
    public mutating func count(_ what: String, _ number: Int = 1) {
        if let place = checked.firstIndex(where: { $0.what == what }) {
            checked[place].count += number
        } else {
            checked.append(Count(what: what, count: number))
        }
    }
}
