import Testing

extension EndToEnd {
    /// The whole run's part of `serre estimate`.
    @Suite struct CampaignCommand {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        static let estimate = "estimate bloom-176b --cluster jean-zay-a100"

        private func campaign(_ options: String) throws -> [String: Any] {
            let outcome = try folder.serre(line: "\(Self.estimate) --json \(options)")
            try #require(outcome.status == 0, "\(outcome)")
            return try #require(try outcome.objects(1)[0]["campaign"] as? [String: Any])
        }

        @Test func theCampaignHasIntervalsTimesAndFactors() throws {
            let campaign = try campaign("--runs 200")
            let days = try #require(campaign["days"] as? Double)
            let interval = try #require(campaign["interval"] as? [String: Any])
            for key in ["days", "accelerator_hours", "energy_mwh", "carbon_tonnes", "cost", "goodput"] {
                let pair = try #require(interval[key] as? [Double], "\(key)")
                #expect(pair.count == 2 && pair[0] < pair[1], "\(key)")
            }
            let range = try #require(interval["days"] as? [Double])
            #expect(range[0] < days && days < range[1])
            let parts = ["steps", "evaluation", "checkpoint", "start", "lost", "down"].map {
                campaign["\($0)_seconds"] as? Double ?? -1
            }
            #expect(parts.allSatisfy { $0 > 0 })
            let queue = try #require(campaign["queue_days"] as? Double)
            #expect(abs(parts.reduce(0, +) / 86400 + queue - days) < 1e-6)
            let factors = try #require(campaign["factors"] as? [[String: Any]])
            let grid = try #require(factors.first { ($0["id"] as? String)?.hasPrefix("site.carbon_intensity") == true })
            #expect(grid["scope"] as? String == "France, electricity" && grid["year"] as? Int == 2022)
            #expect((grid["source"] as? String)?.contains("Luccioni") == true)
        }

        @Test func optionsChangeWhatTheyName() throws {
            let base = try campaign("--runs 100")
            func number(_ key: String, _ campaign: [String: Any]) -> Double { campaign[key] as? Double ?? .nan }
            let optimal = try campaign("--runs 100 --checkpoint-every optimal")
            #expect(number("goodput", optimal) > number("goodput", base))
            #expect(number("checkpoint_every_steps", try campaign("--runs 100 --checkpoint-every 17")) == 17)
            let queued = try campaign("--runs 100 --jobs queued")
            #expect(number("days", queued) > number("days", base) + 20)
            let spare = try campaign("--runs 100 --spare-nodes 4")
            #expect(
                abs(number("spare_accelerator_hours", spare) / number("accelerator_hours", spare) - 4.0 / 48) < 1e-9)
            #expect(number("cost", spare) > number("cost", base))
            let slow = try campaign("--runs 100 --slow-node 1.5")
            #expect(number("slow_node_cost", slow) > 0.1 && number("days", slow) > number("days", base))
            #expect(number("days", try campaign("--runs 100 --seed 7")) != number("days", base))
            #expect(number("days", try campaign("--runs 100")) == number("days", base))
        }

        @Test func peopleReadTheSameThings() throws {
            let outcome = try folder.serre(line: Self.estimate + " --spare-nodes 4 --slow-node 1.1")
            #expect(outcome.status == 0 && outcome.errors.isEmpty)
            for word in ["whole run", "held", "spare", "slow node", "checkpoint", "jobs", "failures", "factor"] {
                #expect(outcome.lines.contains { $0.hasPrefix(word) }, "\(word)")
            }
            for line in outcome.lines { #expect(line.count <= 100, "\(line)") }
            let plain = try folder.serre(line: "estimate nano --cluster laptop")
            #expect(plain.output.contains("the profile has no reliability section"))
            for key in ["reliability.crashes_per_node_hour", "reliability.repair_hours", "power.idle_fraction"] {
                #expect(plain.output.contains(key), "\(key)")
            }
        }

        @Test func sectionsThatAProfileLacksAreGivenOnTheCommandLine() throws {
            let failures = [
                "crashes_per_node_hour=0.001", "detection_minutes=10", "hangs_per_node_hour=0", "hang_hours=1",
                "start_minutes=5", "repair_hours=24",
            ].map { "--set-profile reliability.\($0)" }
            let power = ["computing=1", "communicating=0.7", "waiting=0.6", "idle=0.2"].map {
                "--set-profile power.\($0.replacing("=", with: "_fraction="))"
            }
            let price = ["price_per_accelerator_hour=0.1", "currency=EUR"].map { "--set-profile site.\($0)" }
            let outcome = try folder.serre(
                line: "estimate nano --cluster laptop " + (failures + power + price).joined(separator: " "))
            #expect(outcome.status == 0, "\(outcome)")
            #expect(!outcome.output.contains("unknown, ") && outcome.output.contains("expected; goodput"), "\(outcome)")
        }

        struct Refused: CustomTestStringConvertible {
            var options: String
            var words: [String]
            var testDescription: String { options }
        }

        @Test(arguments: [
            Refused(
                options: "--set-profile reliability.crashes_per_node_hour=50",
                words: ["reliability.crashes_per_node_hour", "next to no work", "--checkpoint-every optimal"]),
            Refused(
                options: "--set-profile slurm.time_limit_hours=0.1",
                words: ["slurm.time_limit_hours", "at least", "found 0.1 h"]),
            Refused(options: "--set-profile slurm.time_limit_hours=0", words: ["greater than 0", "found 0"]),
            Refused(
                options: "--set-profile reliability.hang_hours=-1",
                words: ["reliability.hang_hours", "at least 0", "found -1"]),
            Refused(
                options: "--set-profile power.idle_fraction=1.5", words: ["power.idle_fraction", "from 0.0 to 1.0"]),
            Refused(
                options: "--set-profile reliability.crash_per_node_hour=1",
                words: ["unknown key", "did you mean crashes_per_node_hour?"]),
            Refused(
                options: "--set-profile slurm.queue_wait_hours=null --jobs queued",
                words: ["jean-zay-a100 does not say", "pass --set-profile slurm.queue_wait_hours=…"]),
            Refused(
                options: "--set-profile reliability=null --checkpoint-every optimal",
                words: [
                    "reliability.crashes_per_node_hour", "does not say how often a node fails",
                    "--set-profile reliability.detection_minutes=…", "--set-profile reliability.repair_hours=…",
                ]),
            Refused(options: "--spare-nodes 5", words: ["--spare-nodes", "at most 4", "found 5"]),
            Refused(
                options: "--set optimizer.train_samples=1000000000000 --set batch.ramp_up=null --global-batch 16",
                words: ["optimizer.train_samples", "too long", "at most 100,000 jobs"]),
        ])
        func badFiguresAreNamed(refused: Refused) throws {
            let outcome = try folder.serre(line: "\(Self.estimate) \(refused.options)")
            #expect(outcome.status == 2, "\(outcome)")
            #expect(outcome.output.isEmpty)
            let sentence = try outcome.sentence()
            for word in refused.words { #expect(sentence.contains(word), "“\(word)” is not in: \(sentence)") }
        }

        @Test(arguments: [
            "--checkpoint-every 0", "--checkpoint-every often", "--spare-nodes -1", "--slow-node 0.5", "--runs 0",
            "--runs 9",
            "--runs 1000000", "--jobs sometimes",
        ])
        func badOptionsAreRefused(options: String) throws {
            let outcome = try folder.serre(line: "\(Self.estimate) \(options)")
            #expect(outcome.status == 2 && outcome.output.isEmpty, "\(outcome)")
            #expect(outcome.errors.contains(String(options.split(separator: " ")[0])))
        }
    }
}
