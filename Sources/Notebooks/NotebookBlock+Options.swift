import Diagnostics

extension NotebookBlock {
    /// What the words after `console` ask for.
    public struct Options: Sendable, Equatable {
        /// Programs that must be on the search path, or `net` for a network; without one of them the block is skipped.
        public var needs: [String] = []
        /// Seconds that a command may take.
        public var timeout = 60

        init(_ words: [String], at place: Diagnostic.Location) throws(Diagnostic) {
            for word in words {
                let parts = word.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                switch parts[0] {
                case "needs" where parts.count == 2 && !parts[1].isEmpty:
                    needs += parts[1].split(separator: ",").map(String.init)
                case "timeout":
                    guard parts.count == 2, let seconds = Int(parts[1]), (1...86400).contains(seconds) else {
                        throw Diagnostic(
                            "notebook.option", "the timeout is no number of seconds", at: place,
                            expected: "timeout=1 to timeout=86400", found: word)
                    }
                    timeout = seconds
                default:
                    throw Diagnostic(
                        "notebook.option", "unknown word after console", at: place,
                        expected: "needs=PROGRAM,… or timeout=SECONDS", found: word,
                        remedy: nearestWord(to: parts[0], among: ["needs", "timeout"]).map { "did you mean \($0)=?" })
                }
            }
        }
    }
}
