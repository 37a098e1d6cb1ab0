import Foundation
import Testing

extension EndToEnd {
    /// Job scripts as a user asks for them, on a machine without Slurm; scripts/slurm-test runs them under a real one.
    @Suite struct Launch {
        let folder: TestFolder
        /// No program of Slurm's, nor any other.
        let noSlurm: [String: String]

        init() throws {
            folder = try TestFolder()
            try folder.write("", to: "empty/nothing")
            noSlurm = ["PATH": folder("empty")]
        }

        private static let jeanZay = "launch nano --cluster jean-zay-v100-16g --nodes 2 --micro-batch 2 --account abc"

        @Test func theSameArgumentsGiveTheSameScript() throws {
            let first = try folder.serre(line: Self.jeanZay + " --jobs 3")
            #expect(first.status == 0 && first.output.hasPrefix("#!/bin/bash\n") && first.errors.isEmpty, "\(first)")
            let second = try folder.serre(line: Self.jeanZay + " --jobs 3 -o script.sh")
            #expect(second.status == 0 && second.output.isEmpty)
            #expect(try folder.text("script.sh") == first.output)
            #expect(try folder.run(["bash", "-n", "script.sh"]).status == 0)
            // Two nodes of four accelerators are filled by the data degree.
            for text in [
                "#SBATCH --nodes=2\n", "#SBATCH --ntasks-per-node=4 ", "#SBATCH --gres=gpu:4\n",
                "#SBATCH --cpus-per-task=10\n", "#SBATCH --array=1-3%1 ", "start=(nano)\n",
                "options=(--tensor 1 --pipeline 1 --data 8 --micro-batch 2 ", " --cluster jean-zay-v100-16g ",
                "#SBATCH --account=abc@v100\n", "#SBATCH --comment=\(folder("runs/nano")) ",
            ] {
                #expect(first.output.contains(text), "\(text)")
            }
            #expect(!folder.exists("runs"))
        }

        @Test func theSameAsJSON() throws {
            let object = try #require(try folder.serre(line: Self.jeanZay + " --json").objects(1).first)
            #expect(object["tasks_per_node"] as? Int == 4 && object["time_limit_seconds"] as? Int == 72_000)
            #expect((object["script"] as? String)?.hasPrefix("#!/bin/bash\n") == true)
        }

        @Test func withoutSlurmNothingIsSubmitted() throws {
            let words = (Self.jeanZay + " --submit").split(separator: " ").map(String.init)
            let outcome = try folder.run([try Executable.serre()] + words, environment: noSlurm)
            #expect(outcome.status == 2 && outcome.output.isEmpty)
            #expect(try outcome.sentence().contains("there is no sbatch on this machine's search path"))
            #expect(!folder.exists("runs"))
        }

        @Test(arguments: [
            ("launch nano --cluster laptop", "says nothing of Slurm"),
            ("launch nano --cluster jean-zay-v100-16g --nodes 3", "no legal data degree fills so many nodes"),
            ("launch nano --cluster jean-zay-v100-16g --nodes 900", "has not so many nodes"),
            ("launch nano --cluster jean-zay-v100-16g --nodes 3 --data 4", "do not spread evenly over 3 nodes"),
            ("launch nano --cluster jean-zay-v100-16g --nodes 1 --time 21h", "cannot last so long"),
            ("launch nano --cluster jean-zay-v100-16g --nodes 1 --time soon", "is not a length of time"),
            ("launch nano --cluster jean-zay-v100-16g --nodes 1 --jobs 0", "so many jobs"),
            (
                "launch nano --cluster jean-zay-v100-16g --spare-nodes 9223372036854775807",
                "9223372036854775807 spare ones"
            ),
            (
                "launch nano --cluster jean-zay-v100-16g --set-profile slurm.time_limit_hours=1000000",
                "no job has such a time limit"
            ),
            (
                "launch nano --cluster jean-zay-v100-16g --set-profile slurm.time_limit_hours=1e16",
                "no machine has such a figure"
            ),
            ("launch nano --cluster jean-zay-v100-16g --time 1h --time-margin 1h", "leave as soon as they begin"),
            ("launch nano --cluster jean-zay-v100-16g --exclude n[1-", "do not fit together"),
            ("launch nano --cluster jean-zay-v100-16g --corpus none --submit", "this is not a corpus"),
            ("launch nano --cluster jean-zay-v100-16g --nodes 1 --name a/b", "cannot hold this"),
            ("launch bloom-176b --cluster jean-zay-a100", "another tokeniser than bytes"),
            ("launch gpt-1t --cluster jean-zay-v100-16g --set data.tokenizer=bytes", "accelerators"),
            (
                "launch bloom-176b --cluster jean-zay-a100 --tensor 1 --pipeline 1 --data 8 --corpus x/roots.json",
                "the largest rank does not fit"
            ),
        ])
        func whatThePartitionCannotHoldIsRefused(line: String, sentence: String) throws {
            let outcome = try folder.serre(line: line)
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(outcome)")
            #expect(try outcome.sentence().contains(sentence))
        }

        @Test func aCorpusThatIsElsewhereIsSaidAndAFolderIsOneWord() throws {
            let outcome = try folder.serre(
                line: "launch nano --cluster jean-zay-v100-16g --corpus elsewhere --output a:~root")
            #expect(outcome.status == 0 && outcome.errors.contains("would not find their corpus"), "\(outcome)")
            #expect(outcome.output.contains("\nfolder='") && outcome.output.contains("/a:~root'\n"))
        }

        @Test func aDamagedNoteIsPassedOver() throws {
            try folder.write("-9223372036854775808 begin n1 13 4\n9223372036854775807 end 0 x\n", to: "q/jobs/20.0")
            let outcome = try folder.run([try Executable.serre(), "jobs", "q", "--json"], environment: noSlurm)
            #expect(outcome.status == 0, "\(outcome)")
        }

        @Test func jobsOfALaunchThatSlurmNoLongerKnows() throws {
            let run = try folder.serre(line: "train nano --steps 4 --no-ledger --output runs/nano/runs")
            #expect(run.status == 0)
            try folder.write("100 begin n[1-3] 19 1\n101 started 1 on n1\n160 end 0 saved\n", to: "runs/nano/jobs/20.0")
            try folder.write("170 begin n[1-3] 19 2\n171 started 1 on n1\n190 cut off\n", to: "runs/nano/jobs/21.0")
            try folder.write("n3 2026-01-01 00:00:00 job 21: down\n", to: "runs/nano/excluded-nodes")
            #expect(try finished() == 1)
            let words = ["jobs", "--json"]
            let outcome = try folder.run([try Executable.serre()] + words, environment: noSlurm)
            let object = try #require(try outcome.objects(1).first)
            #expect(object["steps"] as? Int == 4 && object["steps_planned"] as? Int == 10)
            #expect(object["saved"] as? Int == 4 && object["finished"] as? Bool == false)
            #expect(try #require(object["heartbeat_seconds"] as? Double) < 60)
            // Nobody has measured an energy: there is none, and not 0.
            #expect(object["energy_joules"] == nil)
            #expect((object["unknown"] as? [String])?.isEmpty == false)
            #expect(object["avoided_nodes"] as? [String] == ["n3"])
            let jobs = try #require(object["jobs"] as? [[String: Any]])
            #expect(jobs.map { $0["job"] as? String } == ["19_1", "19_2"])
            #expect(jobs.map { $0["seconds"] as? Int } == [60, 20])
            #expect(jobs.map { $0["state"] as? String } == ["unknown", "unknown"])
            #expect(jobs.map { $0["remark"] as? String } == ["end 0 saved", "cut off"])
            let text = try folder.run([try Executable.serre(), "jobs", "nano"], environment: noSlurm)
            #expect(text.status == 0 && text.output.contains("energy     unknown"), "\(text)")
            #expect(try folder.serre(line: "train --resume --output runs/nano/runs --no-ledger").status == 0)
            #expect(try finished() == 0)
        }

        private func finished() throws -> Int32 {
            let outcome = try folder.serre(line: "jobs runs/nano --finished")
            #expect(outcome.output.isEmpty)
            return outcome.status
        }

        @Test func jobsOfNoLaunch() throws {
            let none = try folder.serre("jobs")
            #expect(none.status == 2)
            #expect(try none.sentence().contains("nothing was launched under runs"))
            try folder.write("100 begin n1 19 -\n", to: "runs/nano/jobs/19.0")
            let other = try folder.serre(line: "jobs nanu")
            #expect(other.status == 2)
            #expect(try other.sentence().contains("did you mean runs/nano?"))
        }
    }
}
