import Diagnostics
import TypedYAML

extension Recipe {
    /// What a run does when a step's numbers are not finite, or its loss leaps: section `guard`.
    ///
    /// A loss is a spike when it is above `spikeFactor` times the median of the losses of the last `spikeWindow` steps that
    /// were updated from; before there are so many, no loss is one. All of it is float64, and decides the result.
    public struct GuardPolicy: Sendable, Equatable {
        public var nonFinite: NonFinite
        public var spike: Spike
        public var spikeWindow: Int
        public var spikeFactor: Double
        /// Steps in a row that may be skipped; the next one ends the run.
        public var skipMost: Int
        /// Times that a run may go back; the next one ends the run.
        public var rollBackMost: Int

        public enum NonFinite: String, Sendable, CaseIterable {
            case stop, skip
            case rollBack = "roll_back"
        }

        public enum Spike: String, Sendable, CaseIterable {
            case off, stop, skip
            case rollBack = "roll_back"
        }

        public init(
            nonFinite: NonFinite = .stop, spike: Spike = .off, spikeWindow: Int = 32, spikeFactor: Double = 2,
            skipMost: Int = 8, rollBackMost: Int = 4
        ) {
            self.nonFinite = nonFinite
            self.spike = spike
            self.spikeWindow = spikeWindow
            self.spikeFactor = spikeFactor
            self.skipMost = skipMost
            self.rollBackMost = rollBackMost
        }

        /// Whether this is what a recipe without the section asks for.
        public var isStandard: Bool { self == Self() }

        /// Whether a run may go back to a checkpoint, so that the steps between checkpoints decide its result.
        public var rollsBack: Bool { nonFinite == .rollBack || spike == .rollBack }
    }

    /// Going back needs somewhere to go back to.
    func validateGuard() throws(Diagnostic) {
        guard guardPolicy.rollsBack, checkpoint.everySteps == 0 else { return }
        throw Diagnostic(
            "recipe.guard", "a run that may roll back needs checkpoints", at: .init(key: "checkpoint.every_steps"),
            expected: "at least 1", found: "0", remedy: "or choose skip in the section guard")
    }
}

extension Recipe.GuardPolicy {
    enum Key: String, CaseIterable {
        case nonFinite = "non_finite"
        case spike
        case spikeWindow = "spike_window"
        case spikeFactor = "spike_factor"
        case skipMost = "skip_most"
        case rollBackMost = "roll_back_most"
    }

    init(reading reader: YAMLReader<Key>) throws(Diagnostic) {
        let standard = Self()
        self.init(
            nonFinite: try reader.optional(.nonFinite)?.choice() ?? standard.nonFinite,
            spike: try reader.optional(.spike)?.choice() ?? standard.spike,
            spikeWindow: try reader.optional(.spikeWindow)?.integer(in: 1...4096) ?? standard.spikeWindow,
            spikeFactor: try reader.optional(.spikeFactor)?.number(.positive) ?? standard.spikeFactor,
            skipMost: try reader.optional(.skipMost)?.integer(in: 0...) ?? standard.skipMost,
            rollBackMost: try reader.optional(.rollBackMost)?.integer(in: 0...) ?? standard.rollBackMost)
    }

    func write(to writer: inout YAMLWriter) {
        writer.write(Key.nonFinite.rawValue, nonFinite.rawValue)
        writer.write(Key.spike.rawValue, spike.rawValue)
        writer.write(Key.spikeWindow.rawValue, spikeWindow)
        writer.write(Key.spikeFactor.rawValue, spikeFactor)
        writer.write(Key.skipMost.rawValue, skipMost)
        writer.write(Key.rollBackMost.rawValue, rollBackMost)
    }
}
