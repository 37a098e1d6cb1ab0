import Foundation
import Testing

@testable import Launching

@Suite("Job scripts") struct JobScriptTests {
    /// The scripts that are kept under fixtures/launch to be read: BLOOM's on its partition, and one of each other kind.
    static func kept() throws -> [(file: String, plan: JobPlan)] {
        [
            (
                "jean-zay-a100.sh",
                try LaunchFixture.plan("bloom-176b", on: "jean-zay-a100", nodes: 48) {
                    ($0.account, $0.jobs, $0.spareNodes) = ("abc", 10, 1)
                    $0.exclude = "jean-zay-iam[17,31]"
                }
            ),
            (
                "jean-zay-v100-32g.sh",
                try LaunchFixture.plan("bloom-7b1", on: "jean-zay-v100-32g", nodes: 32) {
                    ($0.account, $0.jobs, $0.chain) = ("abc", 3, .singleton)
                }
            ),
            (
                "jean-zay-h100.sh",
                try LaunchFixture.plan("bloom-1b7", on: "jean-zay-h100", nodes: 16) {
                    ($0.account, $0.qos, $0.seconds) = ("abc", "qos_gpu_h100-dev", 7200)
                    $0.options += ["--time-margin", "5m"]
                }
            ),
        ]
    }

    @Test("The scripts are those that are kept; SERRE_UPDATE_GOLDEN=1 writes them anew")
    func golden() throws {
        for (name, plan) in try Self.kept() {
            let file = LaunchFixture.folder.appendingPathComponent(name)
            let text = JobScript(plan, author: "serre").text
            if ProcessInfo.processInfo.environment["SERRE_UPDATE_GOLDEN"] == "1" {
                try Data(text.utf8).write(to: file)
            }
            #expect(try String(contentsOf: file, encoding: .utf8) == text, "\(name)")
        }
    }

    @Test("Bash can read them, and Slurm's lines hold literals only")
    func syntax() throws {
        for (name, plan) in try Self.kept() {
            let text = JobScript(plan, author: "serre").text
            let checked = try LaunchFixture.bash(["-n"], input: text)
            #expect(checked.status == 0 && checked.output.isEmpty, "\(name): \(checked)")
            let lines = text.split(separator: "\n", omittingEmptySubsequences: false)
            let last = try #require(lines.lastIndex { $0.hasPrefix("#SBATCH ") })
            // Slurm reads its options up to the first command.
            for line in lines[...last] { #expect(line.isEmpty || line.hasPrefix("#"), "\(line)") }
            for line in lines[...last] where line.hasPrefix("#SBATCH ") { #expect(!line.contains("$"), "\(line)") }
        }
    }

    @Test("What IDRIS asks of a job on its A100 nodes")
    func idris() throws {
        let text = JobScript(try Self.kept()[0].plan, author: "serre").text
        let options = text.split(separator: "\n").filter { $0.hasPrefix("#SBATCH ") }
            .map { String($0.dropFirst(8).prefix { $0 != " " }) }
        for option in [
            "--account=abc@a100", "--partition=gpu_p5", "--constraint=a100", "--qos=qos_gpu_a100-t3", "--nodes=49",
            "--ntasks-per-node=8", "--gres=gpu:8", "--cpus-per-task=8", "--hint=nomultithread", "--time=20:00:00",
            "--array=1-10%1", "--signal=B:USR1@600", "--requeue", "--no-kill", "--open-mode=append",
            "--exclude=jean-zay-iam[17,31]", "--output=/data/abc/runs/bloom-176b/%x-%A_%a.out",
        ] {
            #expect(options.contains(option), "\(option)")
        }
        #expect(Set(options).count == options.count)
        #expect(text.contains("\nmodule purge\nmodule load arch/a100\n"))
    }

    @Test("A chain is submitted as often as it has jobs, an array once")
    func submission() throws {
        let plans = try Self.kept()
        #expect(JobScript(plans[0].plan, author: "serre").submission(of: "a.sh") == "sbatch a.sh")
        let chain = JobScript(plans[1].plan, author: "serre")
        #expect(chain.submission(of: "a b.sh") == "for job in $(seq 3); do sbatch 'a b.sh'; done")
        #expect(chain.text.contains("#SBATCH --dependency=singleton") && !chain.text.contains("--array"))
    }

    @Test(
        "Words survive a shell", arguments: ["plain", "", "a b", "it's", "$HOME", "x'; exit 3 #", "ü[1]", "a\nb", "*"])
    func words(word: String) throws {
        let said = try LaunchFixture.bash(["-c", "printf %s \(ShellWord(word))"])
        #expect(said.status == 0 && said.output == word)
    }

    @Test("Lengths of time as Slurm writes them")
    func clock() {
        #expect("\(ClockText(72_000))" == "20:00:00" && "\(ClockText(61))" == "00:01:01")
        #expect("\(ClockText(360_000))" == "4-04:00:00")
    }
}
