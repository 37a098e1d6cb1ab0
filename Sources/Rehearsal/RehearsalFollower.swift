import Diagnostics
import Training

/// Whoever follows a rehearsed run while it goes on: a report, a record.
public protocol RehearsalFollower: AnyObject {
    /// A job begins, counted from 0, whose trainer has its state; `disk` is the simulated one.
    func begin(job: Int, _ trainer: Trainer, on disk: RehearsedDisk) throws(Diagnostic)
    /// Something happened in the run; a step has taken `virtualSeconds`.
    func observe(_ event: TrainingEvent, virtualSeconds: Double) throws(Diagnostic)
    /// Something befell the run, or ended a job.
    func observe(_ incident: RehearsedIncident) throws(Diagnostic)
    /// A job is over.
    func end(_ end: JobEnd) throws(Diagnostic)
}

/// Something that came to pass in a rehearsed run.
public struct RehearsedIncident: Sendable, Equatable {
    /// Virtual seconds since the first job began.
    public var seconds: Double
    /// The step that was being computed, or was last.
    public var step: Int
    /// What happened: the kind of fault and a sentence.
    public var text: String
    /// Whether the run itself has told of it, as an event.
    public var isEvent = false
}

/// Looks at a simulated disk from outside: no virtual time passes, and nothing can go wrong.
public struct RehearsedDisk {
    let storage: SimulatedStorage

    /// The paths of all files, sorted.
    public var files: [String] { storage.files }

    /// The whole of a file; `nil` if it is not there.
    public func bytes(of path: String) -> [UInt8]? { storage.bytes(of: path) }
}
