import Diagnostics
import Ledger

/// The runs that a user names on the command line.
enum RunChoice {
    /// Their ids in the order of the names; a run that is named twice counts once.
    static func ids(_ names: [String], in ledger: Ledger) throws(Diagnostic) -> [RunID] {
        var ids: [RunID] = []
        for name in names {
            let id = try ledger.find(name)
            if !ids.contains(id) { ids.append(id) }
        }
        return ids
    }
}
