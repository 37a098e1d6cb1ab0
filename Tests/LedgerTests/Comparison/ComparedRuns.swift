import Foundation

@testable import Ledger

/// Records of a made-up run, to be changed one thing at a time.
struct RunSketch {
    var recipe = """
        name: nano
        seed: 42
        guard:
          non_finite: skip
        optimizer:
          clip: 1
        layout:
          tensor: 1
          data: 1
        checkpoint:
          every_steps: 0
        data:
          corpus: here

        """
    var numerics = "exact-1"
    var executable = "sha256:ee"
    var data: [(file: String, digest: String)] = [("train-de.tokens", "sha256:d1"), ("train-fr.tokens", "sha256:f1")]
    var losses: [Double] = [6.5, 6.25, 6, 5.75]
    var firstStep = 1
    /// Steps after which the state's digest was taken, with the digest.
    var digests: [Int: String] = [2: "sha256:22", 4: "sha256:44"]
    var processor = "EPYC"
    var host = "a"
    var bitsPerByte = 4.5
    var hosts = 1
    /// Steps at which the model was examined, with its accuracy in German.
    var examined: [(step: Int, accuracy: Double)] = [(4, 0.25)]

    /// The results of a suite, as serre evaluate records them.
    static func suite(step: Int, accuracy: Double, digest: String = "sha256:44") -> RecordFile {
        let figures = [
            "{\"items\":4,\"low\":0.1,\"high\":0.9,\"metric\":\"acc\",\"value\":0.5}",
            "{\"items\":2,\"language\":\"de\",\"metric\":\"acc\",\"value\":\(accuracy)}",
            "{\"items\":4,\"source\":\"web\",\"metric\":\"acc\",\"value\":0.5}",
        ].joined(separator: ",")
        let items = (0..<4).map { "{\"id\":\"\($0)\",\"measures\":{\"acc\":1}}" }.joined(separator: ",")
        return RecordFile(
            path: "suites/0000000\(step)/plants.json",
            text: """
                {"format":"serre-evaluation","version":1,"model":{"step":\(step),"state_digest":"\(digest)"},"suites":[\
                {"name":"plants","digest":"sha256:99","tasks":[{"name":"words","kind":"multiple_choice","truncated":0,\
                "metrics":[\(figures)],"items":[\(items)]}]}]}
                """)
    }

    /// The line of a step, as the run loop writes it.
    private func line(_ step: Int, _ loss: Double) -> String {
        let bits = [loss, 1.5, -0.25].map { number in
            let digits = String(number.bitPattern, radix: 16)
            return String(repeating: "0", count: 16 - digits.count) + digits
        }.joined(separator: "-")
        let digest = digests[step].map { ",\"digest\":\"\($0)\"" } ?? ""
        let number = loss.isFinite ? "\(loss)" : "null"
        return "{\"fingerprint\":\"\(bits)\"\(digest),\"loss\":\(number),\"seconds\":0.\(step)1,\"step\":\(step)}"
    }

    /// Writes the record to a ledger.
    func record(in ledger: Ledger, suffix: UInt16) throws -> RunID {
        var manifest = nanoManifest(suffix: suffix)
        manifest.numerics = numerics
        manifest.serre.executableDigest = executable
        let shards = data.map { "{\"file\":\"\($0.file)\",\"sha256\":\"\($0.digest)\"}" }.joined(separator: ",")
        manifest.dataDigest = "sha256:" + data.map(\.digest).joined()
        manifest.hosts = hosts
        var environment = RunEnvironment.current()
        (environment.host, environment.processor, environment.process) = (host, processor, Int(suffix))
        let files = [
            RecordFile(path: "recipe.yaml", text: recipe), try environment.recordFile(),
            RecordFile(path: "data/manifest.json", text: "{\"shards\":[\(shards)],\"tokens\":7}"),
        ]
        let run = try ledger.begin(manifest, files: files, at: start).run
        let lastStep = firstStep + losses.count - 1
        if !losses.isEmpty {
            let lines = losses.enumerated().map { line(firstStep + $0.offset, $0.element) }
            let metrics = RecordFile.metrics(steps: firstStep...lastStep, lines: lines)
            _ = try ledger.append(RunEvent(.segment, step: lastStep, files: [metrics]), to: run, at: start)
        }
        let measured = RecordFile(
            path: "evaluations/00000004.json", text: "{\"bits_per_byte\":{\"de\":\(bitsPerByte),\"fr\":4},\"step\":4}\n"
        )
        _ = try ledger.append(RunEvent(.evaluation, step: lastStep, files: [measured]), to: run, at: start)
        _ = try ledger.append(RunEvent(.end, step: lastStep, digest: digests[lastStep]), to: run, at: start)
        for one in examined {
            let event = RunEvent(
                .examination, step: one.step, files: [Self.suite(step: one.step, accuracy: one.accuracy)])
            _ = try ledger.append(event, to: run, at: start)
        }
        return run
    }
}

extension GitFixture {
    /// What differs between a run and one that `change` makes of it.
    func comparison(_ change: (inout RunSketch) throws -> Void) throws -> RunComparison {
        if access("\(root)/repo", F_OK) != 0 { try makeRepository() }
        let ledger = try ledger()
        let first = RunSketch()
        var second = first
        let a = try first.record(in: ledger, suffix: 1)
        try change(&second)
        return try ledger.compare(a, second.record(in: ledger, suffix: 2))
    }
}
