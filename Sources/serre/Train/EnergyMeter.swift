import Estimation
import Ledger
import Training

/// The energy of the steps that go into the next commit of the record: estimated where the run has a cluster profile, else
/// measured where the machine can, else absent with the reason.
struct EnergyMeter {
    private let virtual: VirtualTime?
    private var counters: ProcessorEnergy?
    /// Of the steps since the last commit, by estimate.
    private var joules = 0.0
    private var carbonGrams = 0.0
    private(set) var energy: RunEnergy

    /// A meter for the steps from here on; `before` is what the record of a run that goes on says so far.
    init(virtual: VirtualTime?, processes: Int, before: RunEnergy?) {
        self.virtual = virtual
        if let virtual {
            energy = RunEnergy(basis: virtual.energyBasis)
        } else {
            let found = ProcessorEnergy.find()
            counters = found.counters
            energy =
                found.counters == nil
                ? RunEnergy(absent: "the run has no cluster profile, and \(found.reason)")
                : RunEnergy(
                    basis:
                        "measured by the energy counters of the processors (RAPL), everything that ran on the machine "
                        + "included" + (processes > 1 ? "; of the lead process's machine alone" : ""),
                    carbonAbsent: "no cluster profile says how much carbon the grid emits")
        }
        // Figures of another kind are not added up.
        if let before, before.basis == energy.basis { energy.total = before.total }
    }

    mutating func observe(_ step: StepRecord) {
        guard let energy = virtual?.energy(batch: step.stepSamples) else { return }
        joules += energy.joules
        carbonGrams += energy.carbonGrams
    }

    /// Ends a stretch of steps: the file for its commit, or `nil` when there is nothing new to say.
    mutating func file(for steps: ClosedRange<Int>) -> RunEnergy? {
        if virtual != nil {
            energy.add(RunEnergy.Amount(steps: steps, joules: joules, carbonGrams: carbonGrams))
            (joules, carbonGrams) = (0, 0)
            return energy
        }
        guard counters != nil else { return nil }
        if let measured = counters?.joules() {
            energy.add(RunEnergy.Amount(steps: steps, joules: measured, carbonGrams: nil))
        } else {
            // What was drawn from here on is unknown, and so is any sum.
            counters = nil
            (energy.segment, energy.total) = (nil, nil)
            energy.absent = "the energy counters could not be read after step \(steps.lowerBound)"
        }
        return energy
    }
}
