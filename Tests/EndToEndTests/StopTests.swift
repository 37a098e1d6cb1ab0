import Foundation
import Testing

extension EndToEnd {
    /// A run that is asked to stop finishes its step, saves and says how to go on; one that is killed loses little.
    @Suite struct Stop {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        /// Ten thousand steps: far more than any test waits for.
        static let long =
            "train nano --json --set optimizer.train_samples=160000"
            + " --set evaluation.samples_per_language=1"

        /// Eighty steps: long enough to be killed in the middle.
        static let eighty =
            "train nano --json --no-ledger --set optimizer.train_samples=1280"
            + " --set evaluation.samples_per_language=1"

        /// Resumes the stopped run for three more steps and compares with a run that was never stopped.
        private func expectUnharmed(_ stopped: Outcome, resume: String = "") throws {
            #expect(stopped.status == 0, "\(stopped)")
            let last = try #require(try stopped.objects().last)
            let steps = try #require(last["steps"] as? Int)
            let run = try #require(last["run"] as? String)
            #expect(stopped.lines.count == steps + 1, "every step has its line")
            #expect(stopped.errors.contains("after step \(steps)"))
            #expect(stopped.errors.contains("serre train --resume runs/\(run)"))
            #expect(folder.checkpoints(of: "runs/" + run).last == "step-" + String(format: "%08d", steps))
            let resumed = try folder.serre(line: "train --resume --json --steps \(steps + 3) \(resume)")
            #expect(try resumed.objects().first?["step"] as? Int == steps + 1)
            let straight = try folder.serre(line: "\(Self.long) --steps \(steps + 3) --output straight --no-ledger")
            #expect(try resumed.digest() == straight.digest())
        }

        @Test(arguments: [SIGINT, SIGTERM, SIGUSR1]) func aSignalFinishesTheStepAndSaves(signal: Int32) throws {
            let running = try folder.start(Self.long)
            try running.wait(forLines: 3)
            running.send(signal)
            try expectUnharmed(running.finish(), resume: "--tensor 2")
        }

        @Test func aSecondInterruptEndsTheRunAtOnce() throws {
            // Steps of about half a second, so that the first request is still unanswered.
            let running = try folder.start(
                "train nano --json --global-batch 1024 --set optimizer.train_samples=1600000")
            try running.wait(forLines: 1)
            running.send(SIGINT)
            usleep(30_000)
            running.send(SIGINT)
            let outcome = running.finish()
            #expect(outcome.status == 130, "\(outcome)")
            #expect(try folder.checkpoints(of: folder.firstRun()).isEmpty)
        }

        @Test func signalUSR1UnderMPI() throws {
            let running = try folder.startOnProcesses(2, Self.long + " --tensor 2 --data 2 --ranks-per-process 3,1")
            try running.wait(forLines: 3)
            running.send(SIGUSR1)
            try expectUnharmed(running.finish())
        }

        @Test func aStopFileUnderMPI() throws {
            let running = try folder.startOnProcesses(2, Self.long + " --pipeline 2")
            try running.wait(forLines: 3)
            try folder.write("", to: folder.firstRun() + "/stop")
            let stopped = running.finish()
            #expect(stopped.errors.contains("stop file"))
            #expect(try !folder.exists(folder.firstRun() + "/stop"), "the request is answered")
            try expectUnharmed(stopped, resume: "--data 2")
        }

        @Test func aStopFileOfAnEarlierProcessDoesNotStopTheNext() throws {
            #expect(try folder.serre(line: "train nano --json --steps 2").status == 0)
            try folder.write("", to: folder.firstRun() + "/stop")
            #expect(try folder.serre(line: "train --resume --json").objects().last?["steps"] as? Int == 10)
        }

        /// The file holds runs back for as long as it exists, whoever starts them; Serre leaves it alone.
        @Test(arguments: [1, 2]) func aKillSwitchEndsTheRunAndLetsNoneBegin(processes: Int) throws {
            func start(_ line: String) throws -> Running {
                processes == 1 ? try folder.start(line) : try folder.startOnProcesses(processes, line)
            }
            let watching = " --kill-switch held/back"
            let running = try start(Self.long + " --pipeline 2" + watching)
            try running.wait(forLines: 3)
            try folder.write("", to: "held/back")
            let stopped = running.finish()
            #expect(stopped.errors.contains("Stopped by kill-switch after step"), "\(stopped)")
            #expect(stopped.errors.contains("Remove held/back first"))
            let before = try folder.contents(of: "runs")
            for line in ["train --resume --json", "train nano --json --pipeline 2"] {
                let refused = try start(line + watching).finish()
                #expect(refused.status == 0 && refused.output.isEmpty, "\(refused)")
                #expect(refused.errors.contains("Nothing was trained: the kill-switch held/back exists"))
            }
            #expect(try folder.contents(of: "runs") == before)
            #expect(folder.exists("held/back"))
            try folder.remove("held/back")
            try expectUnharmed(stopped, resume: "--data 2" + watching)
        }

        @Test func endedByMpirunAtARandomMoment() throws {
            let straight = try folder.serre(line: Self.eighty + " --output straight").digest()
            let running = try folder.startOnProcesses(2, Self.eighty + " --set checkpoint.every_steps=4 --tensor 2")
            try running.wait(until: "a checkpoint or the end") {
                running.errors.contains(": saved ") || running.output.contains("state_digest")
            }
            usleep(UInt32.random(in: 0...200_000))
            running.send(SIGTERM)
            _ = running.finish()
            var resumed = try folder.serre(line: "train --resume --json --no-ledger --pipeline 2")
            // mpirun does not wait for the processes that it kills, and they hold the run until they are gone.
            for _ in 0..<40 where resumed.errors.contains("another process is writing this run") {
                usleep(250_000)
                resumed = try folder.serre(line: "train --resume --json --no-ledger --pipeline 2")
            }
            #expect(try resumed.digest() == straight)
            #expect(try resumed.objects().last?["steps"] as? Int == 80)
        }

        /// Three kills at random moments, each followed by a resume, on layouts that change.
        @Test func killedAtRandomMoments() throws {
            let straight = try folder.serre(line: Self.eighty + " --output straight").digest()
            var running = try folder.start(Self.eighty + " --set checkpoint.every_steps=4")
            for layout in ["--tensor 2", "--pipeline 2 --data 2", "--tensor 1 --pipeline 1 --data 1"] {
                try running.wait(until: "a checkpoint or the end") {
                    running.errors.contains(": saved ") || running.output.contains("state_digest")
                }
                let microseconds = UInt32.random(in: 0...200_000)
                usleep(microseconds)
                running.send(SIGKILL)
                let killed = running.finish()
                #expect(killed.status == 137 || killed.status == 0, "after \(microseconds) µs: \(killed)")
                running = try folder.start("train --resume --json --no-ledger \(layout)")
            }
            let end = running.finish()
            #expect(try end.digest() == straight)
            #expect(try end.objects().last?["steps"] as? Int == 80)
            let steps = try folder.text(folder.firstRun() + "/metrics.jsonl").split(separator: "\n")
                .filter { $0.contains("\"loss\"") }
            #expect(steps.count == 80, "the metrics hold each step once")
            #expect(try folder.checkpoints(of: folder.firstRun()).allSatisfy { !$0.hasSuffix(".partial") })
        }
    }
}
