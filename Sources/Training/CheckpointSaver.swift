import Diagnostics
import Integrity
import Numerics

/// A checkpoint that is complete, and what it cost.
public struct SavedCheckpoint: Sendable {
    public var step: Int
    public var folder: String
    public var digest: Digest
    /// Wall-clock seconds from the start of saving until the checkpoint was complete.
    public var seconds: Double
    /// Those of them in which training waited; all of them unless the files were written in the background.
    public var blockedSeconds: Double
}

/// Saves a run's checkpoints, in the background or while training waits; at most one at a time is under way.
///
/// Every host calls the same functions at the same steps.
final class CheckpointSaver {
    private let executor: Executor
    private let run: RunFolder
    private let background: any Background
    private var underWay: (save: BackgroundSave, began: ContinuousClock.Instant)?
    /// Seconds that training has waited for the save under way.
    private var blocked = 0.0
    /// The last checkpoint that is complete or under way.
    var last: (step: Int, folder: String)?
    /// Whether the run began from its recipe's seed.
    var beganFromSeed = false
    /// The longest that a save has taken so far; 0 before the first.
    private var longestSeconds = 0.0

    /// How long it may take to stop here with the state saved: a save under way must end before the last one begins.
    var secondsToSave: Double { longestSeconds * (underWay == nil ? 1 : 2) }

    init(_ executor: Executor, in run: RunFolder, on background: any Background) {
        self.executor = executor
        self.run = run
        self.background = background
    }

    /// Copies the state and lets a thread write it; the former save must be complete.
    func begin(step: Int, samples: Int, history: GuardHistory?) throws(Diagnostic) {
        precondition(underWay == nil, "a save began before the former one was complete")
        let began = ContinuousClock.now
        let save = try CheckpointSave(
            executor, step: step, samples: samples, history: history, beganFromSeed: beganFromSeed, in: run)
        underWay = (BackgroundSave(save, of: executor, on: background), began)
        last = (step, save.folder)
        blocked = seconds(since: began)
    }

    /// Between steps: the checkpoint that has become complete, if one has.
    ///
    /// Costs nothing where no save is under way, else an exchange of one byte per host.
    func advance() throws(Diagnostic) -> SavedCheckpoint? { try advance(waiting: false) }

    /// Waits for the save under way, if one is, and completes it.
    func settle() throws(Diagnostic) -> SavedCheckpoint? { try advance(waiting: true) }

    private func advance(waiting: Bool) throws(Diagnostic) -> SavedCheckpoint? {
        guard let (save, start) = underWay else { return nil }
        let began = ContinuousClock.now
        let isComplete: Bool
        do throws(Diagnostic) {
            isComplete = try save.advance(over: executor.fabric, waiting: waiting)
        } catch {
            underWay = nil
            throw error
        }
        blocked += seconds(since: began)
        guard isComplete, let digest = save.digest else { return nil }
        underWay = nil
        return saved(
            SavedCheckpoint(
                step: save.save.step, folder: save.save.folder, digest: digest, seconds: seconds(since: start),
                blockedSeconds: blocked))
    }

    /// Saves while training waits, which it has done since `began`.
    func saveNow(
        step: Int, samples: Int, digest: Digest, history: GuardHistory?, since began: ContinuousClock.Instant
    ) throws(Diagnostic) -> SavedCheckpoint {
        precondition(underWay == nil, "a save began before the former one was complete")
        let place = try Checkpoint.write(
            executor, step: step, samples: samples, digest: digest, history: history, beganFromSeed: beganFromSeed,
            in: run)
        last = (step, place)
        let taken = seconds(since: began)
        return saved(
            SavedCheckpoint(step: step, folder: place, digest: digest, seconds: taken, blockedSeconds: taken))
    }

    private func saved(_ checkpoint: SavedCheckpoint) -> SavedCheckpoint {
        longestSeconds = max(longestSeconds, checkpoint.seconds)
        return checkpoint
    }

    /// After a failure that the other hosts may not know of: waits for this host's thread, so that nothing writes any more.
    /// A host that is alone completes its checkpoint.
    func abandon() {
        guard let (save, _) = underWay else { return }
        underWay = nil
        save.abandon()
        if executor.fabric.hosts == 1 { _ = try? save.advance(over: executor.fabric, waiting: true) }
    }

    private func seconds(since start: ContinuousClock.Instant) -> Double {
        Double((ContinuousClock.now - start) / .nanoseconds(1)) * 1e-9
    }
}
