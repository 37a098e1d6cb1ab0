import Foundation

/// What a killed process leaves in the repository.
extension Ledger {
    /// Removes temporary files of objects, and locks of runs' references, that nobody has written for a while: their process
    /// was killed in the middle.
    ///
    /// libgit2 names the files `tmp_object_git2_`, which `git gc` does not know, and the locks after the reference; it holds
    /// either for milliseconds. Should one yet belong to a living process, its event fails and is written with the next one.
    public func removeAbandonedFiles(olderThanSeconds age: Double = 5) {
        Self.remove(in: objectsPath, olderThanSeconds: age) { $0.hasPrefix("tmp_object_git2_") }
        let locks = commonPath + RecordFormat.referencePrefix
        Self.remove(in: locks, olderThanSeconds: max(age, staleLockSeconds)) { $0.hasSuffix(".lock") }
    }

    private static func remove(in folder: String, olderThanSeconds age: Double, _ isWanted: (String) -> Bool) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: folder)) ?? []
        for name in names.sorted() where isWanted(name) {
            var file = stat()
            let path = folder + "/" + name
            guard lstat(path, &file) == 0 else { continue }
            let modified = Double(file.st_mtim.tv_sec) + Double(file.st_mtim.tv_nsec) * 1e-9
            if Date().timeIntervalSince1970 - modified >= age { unlink(path) }
        }
    }
}
