import Corpora
import Diagnostics

extension TokenVerification {
    /// Waits for the end of the verification of what a run has read, a minute at most: a run ends well only if all that it could
    /// read is what its maker wrote. With `telling`, says what is left to do.
    func end(telling: Bool) throws(Diagnostic) {
        guard try !end(secondsMax: 60), telling else { return }
        let command = place.hasSuffix(".json") ? "tokens" : "corpus"
        Console.warn(
            "\(fixed(100 * share, 0)) % of the corpus' files were verified meanwhile; "
                + "serre \(command) show \(place) verifies all of them")
    }
}
