import Diagnostics
import Fabrics

/// What may ask a run to stop before its last step.
public protocol StopSource: AnyObject {
    /// The reason to stop now, agreed by all hosts; every host calls it after every step.
    ///
    /// `saveSeconds` is how long a save is known to take.
    func agreed(over fabric: any Fabric, saveSeconds: Double) throws(Diagnostic) -> StopReason?
}

extension StopRequest: StopSource {}
