import Foundation
import Testing

extension Tag {
    /// Takes minutes.
    @Tag static var slow: Self
}

extension EndToEnd {
    /// kill -9 at random moments of training on two processes that saves in the background all the time.
    @Suite(.tags(.slow)) struct Kill {
        let folder: TestFolder
        /// The seed of every draw; a failure names it.
        static let seed: UInt64 = 20_261_124
        /// 25, or as many as `SERRE_KILLS` says; fifty take two minutes.
        static let kills = ProcessInfo.processInfo.environment["SERRE_KILLS"].flatMap { Int($0) } ?? 25
        /// Steps between checkpoints.
        static let every = 4

        static let line =
            "train nano --json --no-ledger --corpus corpus --set optimizer.train_samples=3200 --set digest_every=1000"
            + " --set evaluation.samples_per_language=1 --set checkpoint.every_steps=\(every)"

        init() throws {
            folder = try TestFolder()
            let corpus = Executable.sourceRoot + "/fixtures/corpus"
            try #require(try folder.serre("corpus", "build", corpus, "-o", "corpus").status == 0)
        }

        @Test func losesLittleAndResumesFromWholeCheckpointsOnly() throws {
            let straight = try folder.serre(line: Self.line + " --output straight").digest()
            var random = SplitMix(state: Self.seed)
            var (made, finished, resumed, number) = (0, 0, 0, 0)
            while made < Self.kills || finished == 0 {
                try #require(number < 4 * Self.kills, "the kills do not come to an end")
                let output = "run-\(finished)"
                let before = newest(output)
                let layout = ["--tensor 2", "--pipeline 2", "--data 2"][number % 3]
                number += 1
                let start =
                    before == nil
                    ? Self.line + " --output \(output)" : "train --resume --json --no-ledger --output \(output)"
                let running = try folder.startOnProcesses(2, "\(start) \(layout)")
                let context: Comment = "seed \(Self.seed), start \(number), after step \(before ?? 0)"
                // Half of them while the processes start and load, half while they train and save.
                let isKilled = made < Self.kills && random.waitForMoment(of: running, early: number % 2 == 0)
                if isKilled {
                    kill(running, &random)
                    made += 1
                }
                let outcome = running.finish()
                let steps = outcome.lines.compactMap { Self.step(of: $0) }
                if let first = steps.first, let before {
                    resumed += 1
                    #expect(first == before + 1, context)
                }
                guard isKilled else {
                    #expect(try outcome.digest() == straight, context)
                    finished += 1
                    continue
                }
                // Every save that has begun has waited for the one before it; what was told to be saved is there.
                let after = newest(output) ?? 0
                if let last = steps.last {
                    #expect(after >= (last - 1) / Self.every * Self.every - Self.every, context)
                }
                for told in outcome.errors.matches(of: /step (\d+): saved/) {
                    #expect(try after >= #require(Int(told.output.1)), context)
                }
                #expect(after >= before ?? 0, context)
            }
            #expect(resumed > Self.kills / 4, "the test needs resumes")
            for run in 0..<finished {
                let left = try folder.checkpoints(of: #require(folder.runs(in: "run-\(run)").last))
                #expect(left == ["step-00000196", "step-00000200"])
            }
        }

        /// The step of the newest complete checkpoint, which is the one that a resume takes.
        private func newest(_ output: String) -> Int? {
            folder.runs(in: output).compactMap { run in
                folder.checkpoints(of: run).filter {
                    !$0.hasSuffix(".partial") && folder.exists("\(run)/checkpoints/\($0)/index.json")
                }.last.flatMap { Int($0.dropFirst(5)) }
            }.last
        }

        private static func step(of line: Substring) -> Int? {
            let object = try? JSONSerialization.jsonObject(with: Data(line.utf8)) as? [String: Any]
            return object?["step"] as? Int
        }

        /// Kills the lead, the other process, both, or mpirun and then both; returns when none of them runs.
        private func kill(_ running: Running, _ random: inout SplitMix) {
            let children = ProcessTree.children(of: running.id)
            switch random.below(4) {
            case 0: children.first.map { _ = Glibc.kill($0, SIGKILL) }
            case 1: children.last.map { _ = Glibc.kill($0, SIGKILL) }
            case 2: children.forEach { Glibc.kill($0, SIGKILL) }
            default:
                running.send(SIGKILL)
                usleep(UInt32(random.below(20_000)))
                children.forEach { Glibc.kill($0, SIGKILL) }
            }
            if children.isEmpty { running.send(SIGKILL) }
            for _ in 0..<4000 where children.contains(where: ProcessTree.isAlive) { usleep(5000) }
        }
    }
}

/// Steele, Lea and Flood's generator (2014): the same moments for the same seed.
private struct SplitMix {
    var state: UInt64

    mutating func below(_ bound: UInt64) -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ mixed >> 30) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ mixed >> 27) &* 0x94D0_49BB_1331_11EB
        return (mixed ^ mixed >> 31) % bound
    }

    /// Waits for a random moment since the start, or since the first step; `false` when the process ends before it.
    mutating func waitForMoment(of running: Running, early: Bool) -> Bool {
        var left = Int(below(early ? 900_000 : 250_000))
        if !early {
            while running.isRunning, !running.output.contains("\n") { usleep(2000) }
        }
        while running.isRunning, left > 0 {
            usleep(UInt32(min(left, 2000)))
            left -= 2000
        }
        return running.isRunning
    }
}
