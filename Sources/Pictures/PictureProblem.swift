import Diagnostics

/// Why there is no picture.
package enum PictureProblem {
    /// There is nothing to draw: `what` is missing.
    package static func empty(_ what: String, remedy: String) -> Diagnostic {
        Diagnostic("picture.empty", "there is nothing to draw: \(what)", remedy: remedy)
    }
}
