extension Recipe {
    public struct DataSource: Sendable, Equatable {
        /// Folder of a corpus of bytes, or the manifest of token files (`….json`); `nil` until the user names one.
        public var corpus: String?
        /// The tokeniser: `bytes`, or the name of any other, which token files are made with.
        public var tokenizer: String
        /// How large a part of training each language of token files is, in any unit; `nil` for what the files say.
        public var weights: [String: Double]?
        /// The languages' parts are in proportion to their tokens to this power; `nil` for what the files say.
        public var samplingExponent: Double?

        public init(
            corpus: String? = nil, tokenizer: String = "bytes", weights: [String: Double]? = nil,
            samplingExponent: Double? = nil
        ) {
            self.corpus = corpus
            self.tokenizer = tokenizer
            self.weights = weights
            self.samplingExponent = samplingExponent
        }

        /// Whether a corpus is named by the manifest of token files.
        public static func areTokenFiles(_ corpus: String) -> Bool { corpus.hasSuffix(".json") }
    }

    public struct CheckpointPolicy: Sendable, Equatable {
        /// Steps between checkpoints; 0 for only at the end.
        public var everySteps: Int
        /// Complete checkpoints kept; older ones are removed.
        public var keepLast: Int

        /// Whether training goes on with the next step while a copy of the state is written.
        public var asynchronous: Bool

        public init(everySteps: Int = 0, keepLast: Int = 2, asynchronous: Bool = true) {
            self.everySteps = everySteps
            self.keepLast = keepLast
            self.asynchronous = asynchronous
        }
    }

    public struct EvaluationPolicy: Sendable, Equatable {
        /// Steps between evaluations on the held-out documents; 0 for only at the end.
        public var everySteps: Int
        /// Largest number of samples per language.
        public var samplesPerLanguage: Int
        /// Languages of the corpus, for estimates, which read none; training takes the corpus's own.
        public var languages: Int

        public init(everySteps: Int = 0, samplesPerLanguage: Int = 16, languages: Int = 1) {
            self.everySteps = everySteps
            self.samplesPerLanguage = samplesPerLanguage
            self.languages = languages
        }
    }

    /// How silent corruption is looked for: a bit that changed in memory or in an arithmetic unit, and that nothing reported.
    ///
    /// Looking costs time and changes no bit of the result.
    public struct AuditPolicy: Sendable, Equatable {
        /// Steps between comparisons of the parameters that several ranks hold alike (data replicas, what tensor ranks do
        /// not split, a tied embedding); 0 for never. Finds what has made one copy differ from the others.
        public var replicasEvery: Int
        /// Steps between steps that are computed twice and compared; 0 for never. Finds whatever an instruction of such
        /// a step got wrong, for the price of the step.
        public var repeatEvery: Int

        public init(replicasEvery: Int = 0, repeatEvery: Int = 0) {
            self.replicasEvery = replicasEvery
            self.repeatEvery = repeatEvery
        }
    }

    public struct LedgerPolicy: Sendable, Equatable {
        public enum Code: String, Sendable, CaseIterable { case tracked, all }
        /// Which files of the user's repository are recorded.
        public var code: Code
        /// A commit of the record is made after so many steps at the latest, with their metrics.
        public var segmentSteps: Int
        /// A commit is also made at the end of a step that comes so many minutes after the last commit.
        public var segmentMinutes: Int

        /// Without arguments: tracked files, a commit at least every 100 steps and every 30 minutes.
        public init(code: Code = .tracked, segmentSteps: Int = 100, segmentMinutes: Int = 30) {
            self.code = code
            self.segmentSteps = segmentSteps
            self.segmentMinutes = segmentMinutes
        }
    }
}
