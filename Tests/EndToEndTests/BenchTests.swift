import Foundation
import Testing

extension EndToEnd {
    @Suite struct Bench {
        let folder: TestFolder

        init() throws { folder = try TestFolder() }

        private func bench(_ line: String, peer: String? = nil) throws -> Outcome {
            let words = line.split(separator: " ").map(String.init)
            let peer = peer.map { ["--peer", $0] } ?? []
            return try folder.run([try Executable.serre(), "bench", "--model", "small", "--json"] + words + peer)
        }

        @Test func operationsAddUpToTheStep() throws {
            let lines = try bench("--section operations --repeats 1 --workers 1").objects()
            let shares = lines.compactMap { $0["share"] as? Double }
            #expect(shares.count == lines.count && shares.count > 20)
            #expect(abs(shares.reduce(0, +) - 1) < 1e-9)
            #expect(shares == shares.sorted(by: >))
            let names = Set(lines.compactMap { $0["operation"] as? String })
            #expect(names.isSuperset(of: ["AdamW", "attention", "gelu", "product NT 1024 × 512 × 128"]), "\(names)")
        }

        @Test func memoryIsWhatThePlannerSays() throws {
            let line = try #require(try bench("--section memory --workers 1").objects(1).first)
            let ratio = try #require(line["ratio_to_plan"] as? Double)
            #expect(ratio > 0.9 && ratio < 1.02)
        }

        /// The command itself compares the texts.
        @Test func generationIsMeasuredBothWays() throws {
            let line = try #require(try bench("--section generation --repeats 1 --workers 1").objects(1).first)
            for key in ["tokens_per_second", "whole_pass_tokens_per_second", "ratio"] {
                #expect(try #require(line[key] as? Double) > 0)
            }
        }

        /// The promise: at most 1 % of a step of a second, and 1 MB per 1,000 steps. Time is not held to it here.
        @Test func aRecordIsSmall() throws {
            let lines = try bench("--section record --repeats 1").objects(2)
            for line in lines {
                let bytes = try #require(line["bytes"] as? Int)
                #expect((50_000...1_000_000).contains(bytes), "\(line)")
                #expect(try #require(line["packed_bytes"] as? Int) <= bytes)
                #expect(try #require(line["milliseconds_per_step"] as? Double) > 0)
            }
        }

        @Test func cleaningIsMeasuredStageByStage() throws {
            let lines = try bench("--section cleaning --repeats 1").objects()
            let stages = lines.compactMap { $0["stage"] as? String }
            #expect(stages.prefix(3) == ["all", "cleaning", "deduplication"], "\(stages)")
            #expect(Set(stages).isSuperset(of: ["whitespace", "language", "near-duplicates"]), "\(stages)")
            let shares = lines.compactMap { $0["share"] as? Double }
            #expect(abs(shares[1..<3].reduce(0, +) - 1) < 1e-9 && abs(shares.dropFirst(3).reduce(0, +) - 1) < 1e-9)
            #expect(lines.allSatisfy { ($0["megabytes_per_second"] as? Double ?? 0) > 0 })
        }

        @Test func aPeerTakesTurns() throws {
            let peer = try folder.write(
                """
                echo "ready a peer of $1 $2"
                while read -r request; do
                    echo "$request" >>requests
                    case $request in step) echo step 2.5 ;; memory) echo memory 4096 ;; esac
                done
                """, to: "peer")
            let line = try #require(
                try bench("--section training --repeats 3 --workers 1", peer: "sh '\(peer)'").objects(1).first)
            #expect(line["peer"] as? String == "a peer of --layers 4")
            #expect(line["peer_tokens_per_second"] as? Double == 1024 / 2.5)
            let speed = try #require(line["tokens_per_second"] as? Double)
            // Both are written in decimal; the quotient may differ in its last bit.
            let ratio = try #require(line["ratio"] as? Double)
            #expect(abs(ratio / (speed / (1024 / 2.5)) - 1) < 1e-12)
            // One step that warms up, and three that are measured.
            #expect(try folder.text("requests") == String(repeating: "step\n", count: 4))
            let memory = try #require(
                try bench("--section memory --workers 1", peer: "sh '\(peer)'").objects(1).first)
            #expect(memory["peer_bytes"] as? Int == 4096)
        }

        /// One stage of each method is timed beside the peer, which is told the file and the method.
        @Test func simHashesAreTimedAndPrinted() throws {
            let peer = try folder.write(
                """
                echo "ready peer-$2"
                echo "$1 $2" >>requests
                while read -r request; do echo step 2.5; done
                """, to: "peer")
            let text = (0..<200).map { "word\($0)" }.joined(separator: " ")
            try folder.write([text, "one two three", text + "!"].joined(separator: "\0"), to: "texts")
            let lines = try bench(
                "--section near-duplicates --texts texts --repeats 1 --simhash words,6,4,6", peer: "sh '\(peer)'"
            ).objects()
            #expect(lines.compactMap { $0["peer"] as? String } == ["peer-minhash", "peer-simhash"])
            #expect(try folder.text("requests") == "texts minhash\ntexts simhash\n")
            let prints = lines.compactMap { $0["fingerprint"] as? String }
            #expect(prints.count == 3 && prints.allSatisfy { $0.count == 16 && UInt64($0, radix: 16) != nil })
            #expect(prints[0] == prints[2] && prints[0] != prints[1])
            let found = lines.filter { $0["original"] != nil }
            #expect(found.count == 1 && found[0]["document"] as? Int == 2 && found[0]["original"] as? Int == 0)
            #expect(found[0]["similarity"] as? Double == 1)
        }

        @Test(arguments: ["words,6,4", "letters,6,4,6", "words,0,4,6", "words,6,4,4", "words,6,x,6"])
        func aBadSettingIsNamed(setting: String) throws {
            try folder.write("one two three", to: "texts")
            let outcome = try bench("--section near-duplicates --texts texts --repeats 1 --simhash \(setting)")
            #expect(outcome.status == 2)
            #expect(outcome.output.isEmpty)
            #expect(try !outcome.sentence().isEmpty)
        }

        @Test(arguments: [
            "exit 3", "echo hello", "echo ready x; read -r r; echo step soon", "echo ready x; read -r r; echo step nan",
        ])
        func aPeerThatMisbehavesIsAFailure(script: String) throws {
            let peer = try folder.write(script, to: "peer")
            let outcome = try bench("--section training --repeats 1 --workers 1", peer: "sh '\(peer)'")
            #expect(outcome.status == 1)
            #expect(try outcome.sentence().contains("the peer does not answer"))
        }

        @Test(arguments: ["--section speed", "--model huge", "--repeats 0", "--workers 0"])
        func badArgumentsAreStatusTwo(option: String) throws {
            let outcome = try bench(option)
            #expect(outcome.status == 2)
            #expect(outcome.output.isEmpty)
        }
    }
}
