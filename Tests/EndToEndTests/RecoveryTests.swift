import Foundation
import Testing

extension EndToEnd {
    /// A process that is killed, stopped or left alone by mpirun ends the whole run soon, with the reason and the way on.
    @Suite struct Recovery {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        /// Far more steps than any test waits for, one rank on each of four processes, saved all the time.
        static let line =
            Stop.long + " --no-ledger --tensor 2 --data 2 --set digest_every=1000 --set checkpoint.every_steps=5"

        /// Starts the run and waits until it has saved; the processes in the order of their numbers.
        private func started(_ more: String = "") throws -> (Running, [Int32]) {
            let running = try folder.startOnProcesses(4, Self.line + more)
            try running.wait(until: "a checkpoint") { running.errors.contains(": saved ") }
            let processes = ProcessTree.children(of: running.id)
            try #require(processes.count == 4)
            return (running, processes)
        }

        /// Waits until none of the processes is left, and fails when that takes longer than `seconds`.
        private func expectGone(_ processes: [Int32], within seconds: Double) {
            let end = ContinuousClock.now + .seconds(seconds)
            while ContinuousClock.now < end, processes.contains(where: ProcessTree.isAlive) { usleep(20_000) }
            let left = processes.filter(ProcessTree.isAlive)
            #expect(left.isEmpty, "left: \(left)")
            left.forEach { kill($0, SIGKILL) }
        }

        /// The run goes on from a checkpoint with the command that was named, to the state of an undisturbed run.
        private func expectResumable(_ ended: Outcome) throws {
            let run = try folder.firstRun()
            #expect(ended.errors.contains("go on with: serre train --resume \(run)"), "\(ended)")
            let last = try #require(folder.checkpoints(of: run).last { !$0.hasSuffix(".partial") })
            let step = try #require(Int(last.dropFirst(5)))
            let resumed = try folder.serre(line: "train --resume \(run) --json --no-ledger --steps \(step + 8)")
            #expect(try resumed.objects().first?["step"] as? Int == step + 1)
            #expect(folder.checkpoints(of: run).allSatisfy { !$0.hasSuffix(".partial") })
        }

        @Test(arguments: [0, 2]) func aKilledProcessIsNamed(number: Int) throws {
            let (running, processes) = try started()
            kill(processes[number], SIGKILL)
            expectGone(processes, within: 10)
            let ended = running.finish()
            #expect(ended.status != 0)
            // Systems before Linux 6.15 do not tell how a process ended that is not one's own child.
            let how = ["by signal 9 (SIGKILL)", ", most likely by a signal"]
            let sentence = try ended.sentence()
            #expect(sentence.hasPrefix("process \(number) with rank \(number) was ended"), "\(ended)")
            #expect(how.contains(where: sentence.contains), "\(ended)")
            try expectResumable(ended)
        }

        @Test func aStoppedProcessIsTheSilentOne() throws {
            let (running, processes) = try started(" --watchdog 4s")
            kill(processes[3], SIGSTOP)
            expectGone(processes, within: 25)
            let ended = running.finish()
            #expect(ended.status == 1, "\(ended)")
            let sentence = try ended.sentence()
            #expect(
                sentence.contains("process 3 (rank 3) does not answer: it is stopped (process \(processes[3]))"),
                "\(ended)")
            for number in 0..<3 { #expect(sentence.contains("process \(number) (rank \(number)): "), "\(ended)") }
            #expect(
                sentence.contains("waits for rank 3 on process 3 at pass ")
                    || sentence.contains("waits for all processes to meet"), "\(ended)")
            try expectResumable(ended)
        }

        /// As Open MPI's does at times, when a host cannot be reached.
        @Test func aLauncherThatHangsIsEndedToo() throws {
            let (running, processes) = try started(" --watchdog 3s")
            running.send(SIGSTOP)
            kill(processes[3], SIGSTOP)
            expectGone(processes + [running.id], within: 45)
            _ = running.finish()
        }

        @Test func withoutMpirunNoProcessIsLeft() throws {
            let (running, processes) = try started()
            running.send(SIGKILL)
            expectGone(processes, within: 10)
            _ = running.finish()
        }

        /// Serre itself starts mpirun, and its sentence is the last.
        private func startedBySerre() throws -> (Running, launcher: Int32, processes: [Int32]) {
            let running = try folder.start(Self.line + " --processes 4")
            try running.wait(until: "a checkpoint") { running.errors.contains(": saved ") }
            let launcher = try #require(ProcessTree.children(of: running.id).first)
            let processes = ProcessTree.children(of: launcher)
            try #require(processes.count == 4)
            return (running, launcher, processes)
        }

        @Test func startedBySerreItsSentenceIsTheLast() throws {
            let (running, _, processes) = try startedBySerre()
            kill(processes[1], SIGKILL)
            expectGone(processes, within: 10)
            let ended = running.finish()
            #expect(ended.status == 1)
            let last = try #require(ended.errors.split(separator: "\n").last)
            #expect(last.hasPrefix("serre: error: process 1 with rank 1 was ended"), "\(ended)")
            try expectResumable(ended)
        }

        @Test func startedBySerreAnInterruptSaves() throws {
            let (running, launcher, processes) = try startedBySerre()
            running.send(SIGINT)
            let ended = running.finish()
            #expect(ended.status == 0 && ended.errors.contains("Stopped by signal after step "), "\(ended)")
            expectGone(processes + [launcher], within: 5)
        }

        @Test func startedBySerreNothingIsLeftWithoutIt() throws {
            let (running, launcher, processes) = try startedBySerre()
            running.send(SIGKILL)
            expectGone(processes + [launcher], within: 10)
            _ = running.finish()
        }

        /// In the place of Open MPI's mpirun, which rarely stays when its processes have gone, one that always does.
        @Test func startedBySerreALauncherThatOutstaysItsProcessesIsEnded() throws {
            let programs = folder("programs")
            try FileManager.default.createDirectory(atPath: programs, withIntermediateDirectories: true)
            try "#!/bin/sh\nsleep 1 &\nwait\nexec sleep 300 </dev/null\n".write(
                toFile: programs + "/mpirun", atomically: true, encoding: .utf8)
            try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: programs + "/mpirun")
            let path = try #require(ProcessInfo.processInfo.environment["PATH"])
            let running = try folder.start(
                Self.line + " --processes 4", environment: ["PATH": "\(programs):\(path)"])
            try running.wait(until: "a launcher") { !ProcessTree.children(of: running.id).isEmpty }
            let launcher = ProcessTree.children(of: running.id)
            expectGone(launcher, within: 30)
            let ended = running.finish()
            #expect(ended.status == 1)
            #expect(try ended.sentence().contains("the 4 processes have gone, and mpirun, which had not, was ended"))
        }

        @Test func aSignalToAnyProcessFinishesTheStepAndSaves() throws {
            let (running, processes) = try started()
            kill(processes[2], SIGTERM)
            let ended = running.finish()
            #expect(ended.status == 0, "\(ended)")
            #expect(ended.errors.contains("Stopped by signal after step "))
            expectGone(processes, within: 5)
        }

        @Test(arguments: ["0", "-2", "0s", "fast", "nan", "inf", "1e9", "2 s"])
        func whatIsNoWatchdogIsRefused(text: String) throws {
            let outcome = try folder.serre("train", "nano", "--watchdog=" + text)
            #expect(outcome.status == 2 && outcome.output.isEmpty)
            #expect(try outcome.sentence().contains("--watchdog is neither a factor nor a length of time"))
            #expect(!folder.exists("runs"))
        }

        @Test(arguments: ["off", "1", "7.5", "90s", "20 --cluster laptop --set-profile nodes.count=2"])
        func watchdogsThatDoNotTrip(text: String) throws {
            let outcome = try folder.onProcesses(
                4, "train nano --json --no-ledger --tensor 2 --data 2 --watchdog \(text)")
            #expect(try outcome.objects().last?["steps"] as? Int == 10)
        }

        /// A short piece of scripts/kill-soak, whose usual length is two hundred kills.
        @Test func threeKills() throws {
            let script = Executable.sourceRoot + "/scripts/kill-soak"
            let outcome = try folder.run(
                [script, "--built", "--kills", "3", "--seed", "7"],
                environment: ["SERRE": try Executable.serre()], seconds: 240)
            #expect(outcome.status == 0, "\(outcome)")
            #expect(outcome.output.hasPrefix("3 kills ("))
            #expect(outcome.output.contains(" 0 orphans, ") && outcome.output.contains(" 0 failures, "), "\(outcome)")
        }
    }
}
