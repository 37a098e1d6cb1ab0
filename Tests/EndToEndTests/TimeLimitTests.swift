import Foundation
import Testing

extension EndToEnd {
    /// A run whose time runs out stops by itself, saved, with status 0, and says how to go on.
    @Suite struct TimeLimit {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        private func expectStopped(_ outcome: Outcome) throws {
            #expect(outcome.status == 0, "\(outcome)")
            let last = try #require(try outcome.objects().last)
            let (steps, run) = (try #require(last["steps"] as? Int), try #require(last["run"] as? String))
            #expect(steps < 10_000 && outcome.lines.count == steps + 1)
            #expect(outcome.errors.contains("Stopped by time limit after step \(steps); the state is saved."))
            #expect(outcome.errors.contains("serre train --resume runs/\(run)"))
            let resumed = try folder.serre(line: "train --resume --json --steps \(steps + 2)")
            let straight = try folder.serre(line: "\(Stop.long) --steps \(steps + 2) --output straight --no-ledger")
            #expect(try resumed.digest() == straight.digest())
        }

        @Test func givenByTheUserUnderMPI() throws {
            try expectStopped(
                folder.onProcesses(2, Stop.long + " --tensor 2 --data 2 --time-limit 2s --time-margin 0s"))
        }

        @Test func givenBySlurm() throws {
            let end = Int(Date().timeIntervalSince1970) + 3
            let words = (Stop.long + " --time-margin 0s").split(separator: " ").map(String.init)
            try expectStopped(
                folder.run([try Executable.serre()] + words, environment: ["SLURM_JOB_END_TIME": "\(end)"]))
        }

        @Test func theUsersLimitGoesBeforeSlurms() throws {
            let words = "train nano --json --time-limit 1:00:00".split(separator: " ").map(String.init)
            let outcome = try folder.run(
                [try Executable.serre()] + words, environment: ["SLURM_JOB_END_TIME": "1000000000"])
            #expect(try outcome.objects().last?["steps"] as? Int == 10)
        }

        @Test func theRecordSaysWhy() throws {
            try folder.makeRepository("repo")
            // The derived margin is half a minute: such a run stops after its first step.
            #expect(try folder.serre(line: "train nano --time-limit 20s", at: "repo").status == 0)
            let shown = try folder.serre(line: "runs show latest", at: "repo").output
            #expect(shown.contains("stopped by time limit after step 1"))
            #expect(shown.contains("state      interrupted"))
        }

        @Test(arguments: ["20", "1:59", "h", "1m1h", "-1s", "1:60:00", "99999999d", "2h "])
        func whatIsNoLengthOfTimeIsRefused(text: String) throws {
            let outcome = try folder.serre("train", "nano", "--time-limit=" + text)
            #expect(outcome.status == 2 && outcome.output.isEmpty)
            #expect(try outcome.sentence().contains("--time-limit is not a length of time"))
            #expect(!folder.exists("runs"))
        }

        @Test(arguments: ["366d", "1h30m", "90m", "0-01:00:00", "1:59:00"])
        func lengthsOfTime(text: String) throws {
            #expect(try folder.serre(line: "train nano --steps 1 --no-ledger --time-limit \(text)").status == 0)
        }
    }
}
