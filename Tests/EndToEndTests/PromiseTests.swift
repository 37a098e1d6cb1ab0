import Testing

extension EndToEnd {
    /// Every layout, process count, worker count and instruction set ends with the same bits.
    @Suite struct Promise {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        static let five = "train nano --steps 5 --json --no-ledger --set evaluation.samples_per_language=1"

        struct Spread: CustomTestStringConvertible {
            var processes: Int
            var ranks: String
            var layout: String
            var testDescription: String { "-np \(processes), ranks \(ranks): \(layout)" }
        }

        static let spreads = [
            Spread(processes: 2, ranks: "5,3", layout: "--tensor 2 --pipeline 2 --data 2"),
            Spread(processes: 2, ranks: "1,3", layout: "--tensor 4 --micro-batch 2"),
            Spread(processes: 2, ranks: "3,1", layout: "--pipeline 4 --schedule gpipe --micro-batch 1"),
            Spread(processes: 2, ranks: "1,7", layout: "--tensor 2 --data 4 --zero 0"),
            Spread(
                processes: 2, ranks: "3,5",
                layout: "--tensor 4 --data 2 --micro-batch 1 --zero 2 --sequence-parallel on"),
            Spread(
                processes: 4, ranks: "1,4,1,2",
                layout:
                    "--tensor 2 --schedule interleaved --pipeline 2 --interleave 2 --data 2 --micro-batch 2 --zero 3"),
            Spread(processes: 4, ranks: "1,1,1,1", layout: "--data 4"),
            Spread(processes: 4, ranks: "1,4,1,2", layout: "--tensor 2 --pipeline 2 --data 2 --zero 0 --micro-batch 1"),
            Spread(processes: 4, ranks: "9,1,5,1", layout: "--tensor 4 --pipeline 4"),
            Spread(processes: 4, ranks: "2,7,6,1", layout: "--pipeline 2 --data 8 --micro-batch 2"),
        ]

        @Test(arguments: spreads) func ranksSpreadUnevenlyOverProcesses(spread: Spread) throws {
            let one = try folder.serre(line: Self.five).digest()
            let many = try folder.onProcesses(
                spread.processes, "\(Self.five) \(spread.layout) --ranks-per-process \(spread.ranks)")
            #expect(try many.digest() == one)
            #expect(many.lines.count == 6, "only the lead prints")
        }

        @Test(arguments: ["nano-llama", "nano-gpt2"]) func otherFamilies(name: String) throws {
            let two = "train \(name) --steps 2 --json --no-ledger --set evaluation.samples_per_language=1"
            let one = try folder.serre(line: two).digest()
            let many = try folder.onProcesses(
                2, "\(two) --tensor 2 --pipeline 2 --data 2 --recompute full --ranks-per-process 5,3")
            #expect(try many.digest() == one)
        }

        @Test func ranksSpreadBySerreItself() throws {
            let one = try folder.serre(line: Self.five).digest()
            #expect(try folder.onProcesses(2, Self.five + " --tensor 2 --pipeline 2 --data 2").digest() == one)
        }

        @Test func stoppedUnderMPIAndResumedInOneProcess() throws {
            let one = try folder.serre(line: Self.five + " --output one").digest()
            let stopped = try folder.onProcesses(
                2, "train nano --steps 2 --json --tensor 2 --pipeline 2 --data 2 --ranks-per-process 5,3")
            #expect(stopped.status == 0)
            let resumed = try folder.serre(line: "train --resume --steps 5 --json --tensor 1 --pipeline 1 --data 4")
            #expect(try resumed.digest() == one)
            #expect(try resumed.objects().first?["step"] as? Int == 3)
        }

        @Test func stoppedInOneProcessAndResumedUnderMPI() throws {
            let one = try folder.serre(line: Self.five + " --output one").digest()
            #expect(try folder.serre(line: "train nano --steps 2 --json --zero 0").status == 0)
            let resumed = try folder.onProcesses(
                4, "train --resume --steps 5 --json --tensor 4 --data 2 --ranks-per-process 1,4,1,2")
            #expect(try resumed.digest() == one)
        }

        @Test(arguments: ["--workers 1", "--workers 2", "--workers 3 --tensor 2 --data 2"])
        func workersChangeNoBit(option: String) throws {
            #expect(try folder.serre(line: "\(Self.five) \(option)").digest() == folder.serre(line: Self.five).digest())
        }

        @Test func scalarKernelsChangeNoBit() throws {
            let scalar = try folder.serre(line: Self.five + " --tensor 2", environment: ["SERRE_ISA": "scalar"])
            #expect(try scalar.digest() == folder.serre(line: Self.five).digest())
            #expect(scalar.errors.contains("scalar"))
        }

        @Test(arguments: ["--seed 43", "--set optimizer.learning_rate_peak=0.0101", "--corpus other"])
        func whatShouldChangeTheResultDoes(option: String) throws {
            try folder.write(
                "Another text altogether, long enough to learn from.\n" + String(repeating: "abc ", count: 9000),
                to: "text/en/a.txt")
            #expect(try folder.serre(line: "corpus build text -o other").status == 0)
            #expect(try folder.serre(line: "\(Self.five) \(option)").digest() != folder.serre(line: Self.five).digest())
        }
    }
}
