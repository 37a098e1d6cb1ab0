import Foundation

/// What a killed process leaves among the objects.
extension Ledger {
    /// Removes temporary files of objects that nobody has written for a while: their process was killed in the middle.
    ///
    /// libgit2 names them `tmp_object_git2_` and holds one for milliseconds; `git gc` knows only its own. Should one yet belong
    /// to a living process, its event fails and is written with the next one.
    public func removeAbandonedObjects(olderThanSeconds age: Double = 5) {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: objectsPath)) ?? []
        for name in names.sorted() where name.hasPrefix("tmp_object_git2_") {
            var file = stat()
            let path = objectsPath + "/" + name
            guard lstat(path, &file) == 0 else { continue }
            let modified = Double(file.st_mtim.tv_sec) + Double(file.st_mtim.tv_nsec) * 1e-9
            if Date().timeIntervalSince1970 - modified >= age { unlink(path) }
        }
    }
}
