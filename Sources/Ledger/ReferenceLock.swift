import Foundation

/// The lock file of a reference, watched while it stands in the way.
///
/// A process that dies between making the file and renaming it leaves it behind, and nothing in it says whose it was. A
/// living process holds it for milliseconds, so one that stays the same file, unwritten, for seconds belongs to none.
struct ReferenceLock {
    let path: String
    private var seen: Identity?
    private var since = ContinuousClock.now

    init(path: String) { self.path = path }

    /// One file, as long as nobody writes it.
    private struct Identity: Equatable {
        var device: UInt
        var file: UInt
        var seconds, nanoseconds: Int
    }

    /// Looks at the file: whether it has been the same for so many seconds that this value has watched it.
    mutating func hasStood(for seconds: Double) -> Bool {
        let now = Self.identity(path)
        guard let now, now == seen else {
            (seen, since) = (now, .now)
            return false
        }
        return ContinuousClock.now - since >= .seconds(seconds)
    }

    /// Removes the file if it is still the one that was watched.
    ///
    /// Those who would remove it too wait for each other on the folder `common`, where that is possible, so that none
    /// removes the lock that another has made since.
    mutating func removeIfUnchanged(holding common: String) {
        let folder = open(common, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        defer { if folder >= 0 { close(folder) } }
        // Some network file systems know no such locks: there the file's identity has to do.
        if folder >= 0 { _ = flock(folder, LOCK_EX) }
        if let seen, Self.identity(path) == seen { unlink(path) }
        self.seen = nil
    }

    private static func identity(_ path: String) -> Identity? {
        var file = stat()
        guard lstat(path, &file) == 0 else { return nil }
        return Identity(
            device: UInt(file.st_dev), file: UInt(file.st_ino), seconds: file.st_mtim.tv_sec,
            nanoseconds: file.st_mtim.tv_nsec)
    }
}
