import ClusterProfiles
import Diagnostics
import Recipes

extension StepRecording {
    /// The most ranks that each have a track of their own.
    public static let ranksMost = 4096

    /// Plays one step of a recipe on a cluster and records it; ranks that do the same at the same times share a track.
    ///
    /// Throws `layout.exceeds-profile` for more ranks than accelerators, `profile.no-peak` for a precision without a peak,
    /// `clock.too-long` for a step that is too long to be recorded.
    public init(_ recipe: Recipe, on profile: ClusterProfile) throws(Diagnostic) {
        let clock = try VirtualClock(profile, layout: recipe.layout, precision: recipe.precision)
        let classes = try RankClasses(recipe, on: profile)
        // Programs are large: say so before they are made.
        guard classes.representatives.count <= Self.ranksMost else {
            throw TimedPrograms.tooLong(
                classes.representatives.count, expected: "at most \(Self.ranksMost) of them",
                found: "\(classes.representatives.count)")
        }
        self = try clock.prepare(classes.programs(of: recipe), classes).record()
    }
}
