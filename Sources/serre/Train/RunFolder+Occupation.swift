import Corpora
import Diagnostics
import Foundation
import Integrity
import Recipes
import Training

extension RunFolder {
    /// Locks a run's folder, which is made for a run that begins with `recipe`, and drops what earlier processes left: a
    /// request to stop, parts of checkpoints and files.
    ///
    /// A run that goes on until `extendedSamples` remembers that, for whoever resumes it next.
    func occupy(
        beginning recipe: Recipe?, _ corpus: any TokenSource, until extendedSamples: Int? = nil
    ) throws(Diagnostic) -> RunLock {
        if recipe != nil { try create() }
        let lock = try RunLock(self)
        if let recipe {
            try AtomicFile.write(recipe.yaml, to: self.recipe)
            try RunCorpus(corpus).write(to: self)
        } else if let extendedSamples {
            try extend(to: extendedSamples)
        }
        try? FileManager.default.removeItem(atPath: stopFile)
        removePartialCheckpoints()
        removePartialFiles()
        return lock
    }

    /// Whoever holds the lock is the only one who writes here: files that are not whole belong to nobody.
    private func removePartialFiles() {
        let names = (try? FileManager.default.contentsOfDirectory(atPath: path)) ?? []
        for name in names.sorted() where name.hasSuffix(".partial") {
            try? FileManager.default.removeItem(atPath: path + "/" + name)
        }
    }
}
