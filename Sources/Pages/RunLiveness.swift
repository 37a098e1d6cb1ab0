import Foundation
import Ledger

/// Whether a run goes on, told from its record and, where it runs on this machine, from its process.
public struct RunLiveness: Sendable, Equatable {
    /// Where a run stands.
    public enum State: String, Sendable, CaseIterable {
        /// Something was heard of it not long ago.
        case live
        /// It is said to run, but nothing was heard of it for long, measured by its own pace.
        case stale
        /// It is said to run, but its process is gone: it was killed, or the machine went down.
        case dead
        case finished, failed, interrupted
    }

    public var state: State
    /// Why it is taken for dead, or what is not known; `nil` when there is nothing to add.
    public var reason: String?
    /// When something was last heard of it: a commit of its record, or a line in its folder.
    public var lastNews: Date

    /// Tells the state as of `now`.
    ///
    /// `patience` is after how many seconds of silence a run is stale, and `heard` when its folder last changed, where it can
    /// be seen.
    init(_ record: RunRecord, heard: Date?, patience: Double, now: Date) {
        let lastNews = max(record.summary.updated, heard ?? record.summary.updated)
        self.lastNews = lastNews
        switch record.summary.state {
        case .finished: state = .finished
        case .failed: state = .failed
        case .interrupted: state = .interrupted
        case .running, .unreadable:
            let isSilent = now.timeIntervalSince(lastNews) > patience
            switch RunProcess(record.environment) {
            case .gone(let reason): (state, self.reason) = (.dead, reason)
            case .alive: state = isSilent ? .stale : .live
            case .unknown(let reason): (state, self.reason) = (isSilent ? .stale : .live, reason)
            }
        }
    }
}

/// Whether the process of a run is there.
enum RunProcess: Equatable {
    case alive
    case gone(String)
    /// It cannot be told from here, for this reason.
    case unknown(String)

    /// Looks for the process that a record names; only on the machine, and in the boot, in which it ran.
    init(_ environment: RunEnvironment?) {
        guard let environment else {
            self = .unknown("the record does not name its process")
            return
        }
        let here = RunEnvironment.current()
        guard environment.host == here.host else {
            self = .unknown("its process is on \(environment.host), out of sight from here")
            return
        }
        guard environment.bootID == here.bootID else {
            self = .gone("\(environment.host) was started again since")
            return
        }
        let process = environment.process
        let isThere = Self.isThere(process)
        if isThere, let holds = Self.holds(process, environment.runFolder), !holds {
            self = .gone("process \(process) is another program by now")
        } else {
            self = isThere ? .alive : .gone("its process \(process) is gone")
        }
    }

    /// Whether a process with this number runs; one that has ended and that nobody has asked about does not.
    private static func isThere(_ process: Int) -> Bool {
        guard let number = pid_t(exactly: process), number > 0 else { return false }
        guard kill(number, 0) == 0 || errno == EPERM else { return false }
        guard let status = try? String(contentsOfFile: "/proc/\(process)/stat", encoding: .utf8) else { return true }
        return status.split(separator: ")").last?.split(separator: " ").first != "Z"
    }

    /// Whether a process has the lock of a run's folder open; `nil` when that cannot be seen.
    private static func holds(_ process: Int, _ folder: String?) -> Bool? {
        var lock = stat()
        guard let folder, stat(folder + "/lock", &lock) == 0,
            let open = try? FileManager.default.contentsOfDirectory(atPath: "/proc/\(process)/fd")
        else { return nil }
        return open.contains { name in
            var file = stat()
            return stat("/proc/\(process)/fd/\(name)", &file) == 0 && file.st_dev == lock.st_dev
                && file.st_ino == lock.st_ino
        }
    }
}
