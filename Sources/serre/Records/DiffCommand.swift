import ArgumentParser
import Diagnostics
import Ledger

extension RunsCommand {
    struct Diff: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Say what differs between two runs, most consequential first, and where their results part.",
            discussion: """
                Examples:
                  serre runs diff 3f9a latest
                  serre runs diff 3f9a latest --patch

                Results are compared by the exact bits of every step's loss, gradient norm and update sum, and by state \
                digests. Serre under another layout, on other hosts or machines promises the same bits (exact-1); the \
                first line says whether the records agree with that.

                With --json one object: a, b (run ids), identical (null when no step is in both), parted_at (step or \
                null), explained (whether recipe, numerics, data or, without exact-1, the place differ), steps {common, \
                differing, last_a, last_b, first {step, a, b}, largest [{quantity, step, difference}], digests {common, \
                first {step, a, b}, last_equal}} and sections [{section, decides, differences [{key, a, b}]}]. Keys \
                without a value are left out.
                """)
        @Argument(help: "A run id, a part of one, or latest.", completion: .recordedRun)
        var a: String
        @Argument(help: "The run to compare with it.", completion: .recordedRun)
        var b: String
        @OptionGroup var place: LedgerPlace
        @Flag(help: "Print the changes of the code as a patch, too.")
        var patch = false
        @Flag(help: "Exit with status 1 unless the results are identical.")
        var exitCode = false
        @Flag(help: "Print JSON.")
        var json = false

        func validate() throws {
            if json, patch { throw ValidationError("--patch prints text: leave --json out.") }
        }

        func run() throws {
            let ledger = try place.open()
            let (first, second) = (try ledger.find(a), try ledger.find(b))
            let comparison = try ledger.compare(first, second)
            if json {
                try Console.printJSON(comparison)
            } else {
                Console.print(ComparisonText(comparison).lines.joined(separator: "\n"))
            }
            if patch { Console.print("\n" + (try ledger.codePatch(first, second))) }
            if exitCode, comparison.verdict != .identical { throw ExitCode(1) }
        }
    }
}
