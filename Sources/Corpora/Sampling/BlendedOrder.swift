import Diagnostics
import Integrity

/// The order in which training visits the windows of several languages: a pure function of shares, seed and sample number.
///
/// A ``Blend`` says which language a sample is from; the samples of a language visit all its windows in a ``SampleOrder`` of
/// its own, then all again in another order, and so on. Nothing has to be stored to resume.
public struct BlendedOrder: Sendable, Equatable {
    /// A language that training reads.
    public struct Part: Sendable, Equatable {
        /// The language code.
        public var language: String
        /// How many windows its train tokens have, at least one.
        public var windows: Int
        /// Its share of the samples, in any unit.
        public var share: UInt64

        public init(language: String, windows: Int, share: UInt64) {
            self.language = language
            self.windows = windows
            self.share = share
        }
    }

    /// The languages, in the order given.
    public let parts: [Part]
    private let blend: Blend
    private let orders: [SampleOrder]

    /// An order over at least one language; `seed` is that of the whole run.
    public init(parts: [Part], seed: UInt64) {
        self.parts = parts
        blend = Blend(shares: parts.map(\.share), seed: Self.seed("blend", seed))
        orders = parts.map { SampleOrder(windows: $0.windows, seed: Self.seed("windows " + $0.language, seed)) }
    }

    /// What training reads as sample number `sample`, counted from 0: the language's place in ``parts`` and the window.
    public func place(ofSample sample: Int) -> (part: Int, window: Int) {
        let (part, index) = blend.place(ofSample: sample)
        return (part, orders[part].window(ofSample: index))
    }

    /// How many of the first `samples` samples each language gives.
    public func counts(ofFirst samples: Int) -> [Int] { blend.counts(ofFirst: samples) }

    /// A seed for one use of the run's seed, which tells languages apart by name, so that adding one changes no other's order.
    private static func seed(_ use: String, _ seed: UInt64) -> UInt64 {
        SHA256.digest(of: Array("serre \(seed) \(use)".utf8)).bytes.prefix(8).reduce(0) { $0 << 8 | UInt64($1) }
    }
}
