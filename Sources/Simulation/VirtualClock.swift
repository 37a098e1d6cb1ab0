import ClusterProfiles
import Diagnostics
import Programs
import Recipes

/// Gives the programs of a layout virtual time on a cluster: when each action starts and ends, with no arithmetic done.
///
/// Ranks fill the cluster's nodes in rank order. Instructions are charged by roofline; a message leaves after the one
/// before it on the same link and arrives after bytes ÷ bandwidth and latency, while its sender goes on; a receive
/// waits for it; a collective starts when its last member arrives. The accelerators of a node share the network
/// equally: each gets what it would if all that ever use it for this purpose used it at once. The time of a step is a
/// pure function of programs and profile, and no longer on a faster link or accelerator.
public struct VirtualClock: Sendable {
    let layout: Layout
    let costs: MachineCosts
    let views: RankViews
    /// Ranks that compute slower than their profile says; `nil` if all are equal.
    public var straggler: Straggler?

    /// A clock for ranks of `layout` that store values in `precision`.
    ///
    /// Throws `layout.exceeds-profile` for more ranks than accelerators, `profile.no-peak` for a precision without a
    /// peak.
    public init(_ profile: ClusterProfile, layout: Layout, precision: Recipe.Precision) throws(Diagnostic) {
        try profile.requireRoom(for: layout)
        self.layout = layout
        costs = try MachineCosts(profile, precision: precision, style: layout.style)
        views = RankViews(layout: layout, acceleratorsPerNode: profile.nodes.acceleratorsPerNode)
    }

    /// The time of one step of `programs`, one for each representative of `classes`, in order.
    ///
    /// - Parameters:
    ///   - microbatches: plays only the first so many of each replica's micro-batches, as a smaller batch would on a layout
    ///     whose replicas hold neighbouring lanes and whose schedule is not interleaved; all if `nil`.
    ///   - recordingSpans: keeps start and end of every action.
    /// - Throws: `clock.stuck` if the programs wait for each other for ever.
    public func step(
        _ programs: [Program], _ classes: RankClasses, microbatches: Int? = nil, recordingSpans: Bool = false
    ) throws(Diagnostic) -> StepTiming {
        try prepare(programs, classes).step(microbatches: microbatches, recordingSpans: recordingSpans)
    }

    /// The time of one step of all ranks' programs.
    public func step(ofAll programs: [Program], recordingSpans: Bool = false) throws(Diagnostic) -> StepTiming {
        try step(programs, RankClasses(everyRankOf: layout), recordingSpans: recordingSpans)
    }

    /// The programs with every pass's cost worked out, to be played more than once.
    public func prepare(_ programs: [Program], _ classes: RankClasses) -> TimedPrograms {
        TimedPrograms(self, programs, classes)
    }
}
