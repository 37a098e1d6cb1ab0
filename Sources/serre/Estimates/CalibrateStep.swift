import ArgumentParser
import Diagnostics
import Fabrics
import Foundation
import Integrity
import Numerics
import Recipes

extension CalibrateCommand {
    /// Times real steps of a recipe: a row for serre calibrate --from.
    struct Step: ParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Time real steps of a recipe on this machine: one row for serre calibrate --from.",
            discussion: """
                Example:
                  serre calibrate step nano --micro-batch 8

                Under mpirun each process holds a rank, as an accelerator would. The tokens are drawn at random.
                """)

        @Argument(help: "A recipe file or the name of a shipped recipe.", completion: .recipe)
        var recipe: String
        @OptionGroup var recipeArguments: RecipeArguments
        @Option(help: "Steps to time at least, after two that warm up.")
        var repeats = 9
        @Option(
            help: "Go on until about so many seconds of steps are timed: what disturbs a machine outlasts short steps.")
        var seconds = 0.0
        @Option(help: "Threads of each process.")
        var workers = 1
        @Option(
            help: "Add the row to this CSV file, whose columns are recipe,options,seconds (default: only print it).",
            completion: .file())
        var append: String?
        @Flag(help: "Print JSON.")
        var json = false

        func validate() throws {
            if repeats < 1 || workers < 1 { throw ValidationError("Counts must be 1 or more.") }
            guard seconds >= 0, seconds <= 3600 else { throw ValidationError("--seconds must be between 0 and 3600.") }
        }

        func run() throws {
            let process = try HostProcess.start()
            do throws(Diagnostic) {
                try measure(process)
            } catch {
                if process.host > 0 { Thread.sleep(forTimeInterval: 2) }
                Console.error(error.description)
                if process.hosts > 1 { process.abort(status: error.exitStatus) }
                throw ExitCode(error.exitStatus)
            }
            process.finish()
        }

        private func measure(_ process: HostProcess) throws(Diagnostic) {
            let loaded = try recipeArguments.load(recipe)
            let fabric = try process.fabric(ranks: loaded.layout.ranks)
            let benchmark = try TrainingBenchmark(recipe: loaded, fabric: fabric, workers: workers)
            for _ in 0..<2 { _ = try benchmark.step() }
            let load = MachineLoad()
            var slowest = try Self.time(repeats, of: benchmark, on: fabric)
            // So many more as all processes reckon from the same times.
            let more = (seconds / median(slowest)).rounded(.up) - Double(repeats)
            if more > 0 { slowest += try Self.time(Int(min(more, 1_000_000)), of: benchmark, on: fabric) }
            let busy = load.shareOfOthers()
            guard process.host == 0 else { return }
            if process.hosts < loaded.layout.ranks {
                Console.warn("ranks share a process, but each has an accelerator of its own in a cluster profile")
            }
            // What the other processes of this run use looks like others' use.
            let others = max(0, busy - Double(process.hosts - 1) * Double(workers) / Double(Self.cores))
            try report(slowest, others: others)
        }

        /// Times of `count` steps: a step is over when the last process is.
        private static func time(
            _ count: Int, of benchmark: TrainingBenchmark, on fabric: any Fabric
        ) throws(Diagnostic) -> [Double] {
            var slowest: [Double] = []
            for _ in 0..<count { slowest.append(try benchmark.step()) }
            for bytes in try fabric.gatherFromHosts(slowest.flatMap(Self.bytes)) {
                slowest = zip(slowest, numbers(bytes)).map(max)
            }
            return slowest
        }

        private func report(_ seconds: [Double], others: Double) throws(Diagnostic) {
            let middle = median(seconds)
            let options = recipeArguments.words.joined(separator: " ")
            let row = "\(recipe),\(options.contains(",") ? "\"\(options)\"" : options),\(middle)"
            if let append { try Self.add(row, to: append) }
            if json {
                return try Console.printJSON(
                    Timing(recipe: recipe, options: options, seconds: middle, steps: seconds, othersShare: others))
            }
            Console.print(row)
            let (least, most) = (seconds.min() ?? 0, seconds.max() ?? 0)
            Console.note(
                "median of \(seconds.count) steps, \(significant(least)) to \(significant(most)) s; others used about "
                    + "\(fixed(100 * others, 0)) % of the processors")
        }

        private static var cores: Int { ProcessInfo.processInfo.activeProcessorCount }

        private static func add(_ row: String, to path: String) throws(Diagnostic) {
            let old = FileManager.default.contents(atPath: path).map { String(decoding: $0, as: UTF8.self) }
            let text = (old.map { $0.hasSuffix("\n") ? $0 : $0 + "\n" } ?? "recipe,options,seconds\n") + row + "\n"
            try AtomicFile.write(text, to: path)
        }

        private static func bytes(_ value: Double) -> [UInt8] {
            withUnsafeBytes(of: value.bitPattern.littleEndian) { Array($0) }
        }

        private static func numbers(_ bytes: [UInt8]) -> [Double] {
            stride(from: 0, to: bytes.count, by: 8).map { start in
                Double(bitPattern: (0..<8).reduce(UInt64(0)) { $0 | UInt64(bytes[start + $1]) << (8 * UInt64($1)) })
            }
        }

        private struct Timing: Encodable {
            var recipe, options: String
            var seconds: Double
            var steps: [Double]
            var othersShare: Double

            enum CodingKeys: String, CodingKey {
                case recipe, options, seconds, steps
                case othersShare = "others_share"
            }
        }
    }
}
