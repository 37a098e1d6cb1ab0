import Diagnostics
import Ledger
import Recipes

/// How the Serre that repeats a run relates to the one that made it, and whether the same bits are promised.
public struct ReplayBasis: Sendable, Equatable {
    public enum Relation: Sendable, Equatable {
        /// The very executable.
        case sameExecutable
        /// Another executable built from the same, unchanged source.
        case sameSource
        /// Another version; the arithmetic contract is what promises the bits.
        case sameContract
    }

    public var relation: Relation
    /// One sentence for people; `nil` when it is the very executable.
    public var note: String?

    /// Compares the recorded Serre with the running one.
    public init(recorded: RecordManifest, running: RecordManifest.Serre) {
        let was = recorded.serre
        if let digest = was.executableDigest, digest == running.executableDigest {
            self.init(relation: .sameExecutable, note: nil)
            return
        }
        let isSameSource =
            was.sourceCommit != nil && was.sourceCommit == running.sourceCommit && was.sourceDirty == false
            && running.sourceDirty == false
        let contract = recorded.numerics ?? "exact-1"
        let who =
            "recorded by Serre \(was.version)" + (was.sourceCommit.map { ", source \($0.prefix(12))" } ?? "")
            + (was.sourceDirty == true ? " with uncommitted changes" : "")
        if isSameSource {
            self.init(relation: .sameSource, note: "\(who); this is another build of the same source")
            return
        }
        let here = "this is Serre \(running.version)" + (running.sourceCommit.map { ", source \($0.prefix(12))" } ?? "")
        let other =
            was.sourceCommit.map {
                "; for the recorded one: git checkout \($0.prefix(12)) in Serre's source, then"
                    + " swift build -c release --product serre"
            } ?? "; the record does not say which source the recorded one was built from"
        self.init(
            relation: .sameContract, note: "\(who); \(here): going on, since both keep the contract \(contract)\(other)"
        )
    }

    private init(relation: Relation, note: String?) {
        self.relation = relation
        self.note = note
    }
}

extension RecordedRun {
    /// The recipe on the layout on which to repeat it; throws when its contract promises nothing there.
    ///
    /// - Parameter choice: options that change the layout alone.
    public func recipe(on choice: RecipeOverrides) throws(Diagnostic) -> Recipe {
        let chosen = try recipe.applying(choice)
        guard chosen.resultDigest == recipe.resultDigest else {
            throw Diagnostic(
                "replay.changed", "the options would change the result of the recorded run",
                remedy: "name another layout only")
        }
        if chosen.numerics == .blas, chosen.layout != recipe.layout {
            throw Diagnostic(
                "replay.layout", "numerics blas promises the same bits on the recorded layout only",
                expected: recipe.layout.description, found: chosen.layout.description,
                remedy: "leave the layout options out")
        }
        return chosen
    }
}
