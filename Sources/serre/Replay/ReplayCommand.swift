import ArgumentParser
import Diagnostics
import Fabrics
import Foundation
import Ledger
import Recipes
import Replay
import Training

extension RunsCommand {
    struct Replay: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Do steps of a recorded run again, on any layout, and compare every bit with the record.",
            discussion: """
                Examples:
                  serre runs replay latest
                  serre runs replay latest --steps 101..150 --tensor 1 --pipeline 1 --data 1
                  mpirun -np 4 serre runs replay latest --tensor 2 --data 2

                Starts from the nearest checkpoint before the steps whose state is the recorded one, else from the seed. \
                Compares each step's fingerprint (the bits of loss, gradient norm and sum of the updates), every state \
                digest on record and the held-out losses. Exit status 1 when anything differs. A record can be shown \
                to be wrong by this, not to be honest.
                """)

        @Argument(help: "A run id, a part of one, or latest.", completion: .recordedRun)
        var id = "latest"
        @Option(help: "The steps to repeat, such as 101..150 or 137 (default: all on record).")
        var steps: String?
        @OptionGroup var places: ReplayPlaces
        @OptionGroup var recipeArguments: RecipeArguments
        @OptionGroup var workerArguments: WorkerArguments
        @Flag(name: .customLong("from-start"), help: "Begin at the run's beginning and trust no checkpoint.")
        var fromStart = false
        @Flag(name: .customLong("keep-going"), help: "Go on after the first difference and count the others.")
        var keepGoing = false
        @Flag(inversion: .prefixedNo, help: "Repeat the held-out evaluations on record too.")
        var evaluations = true
        @Flag(help: "Print one JSON object.")
        var json = false

        func run() throws {
            let isIdentical = try EveryProcess.run { (process) throws(Diagnostic) in
                try ReplaySession.begun(self, together: process)
            } work: { (session) throws(Diagnostic) in
                try session.replay()
            }
            if !isIdentical { throw ExitCode(1) }
        }
    }
}
