import ClusterProfiles
import Corpora
import Diagnostics
import Foundation
import Numerics
import Recipes
import Scenarios
import Testing
import TypedYAML

@testable import Rehearsal

/// A short run of `nano` on two nodes of two accelerators, to be rehearsed.
enum NanoRehearsal {
    static let settings = [
        "batch.global=8", "optimizer.train_samples=80", "checkpoint.every_steps=2", "checkpoint.keep_last=2",
        "layout.micro_batch=2", "layout.tensor=2", "layout.data=2", "evaluation.every_steps=2",
        "evaluation.samples_per_language=1", "digest_every=5",
    ]

    static func recipe(_ more: [String] = []) throws -> Recipe { try Recipe.load("nano", overrides: settings + more) }

    static func profile() throws -> ClusterProfile {
        try ClusterProfile.load("jean-zay-a100", overrides: ["nodes.accelerators_per_node=2"])
    }

    /// The shipped corpus, built once for all tests of this process.
    static let corpus = Result<String, any Error> {
        let folder = FileManager.default.temporaryDirectory.appendingPathComponent("serre-rehearsal-\(getpid())").path
        let source = try #require(SharedFiles().folder(of: .corpus))
        try FileManager.default.createDirectory(atPath: folder, withIntermediateDirectories: true)
        if !FileManager.default.fileExists(atPath: folder + "/corpus") {
            try CorpusBuilder.build(sources: [CorpusSource(path: source)], output: folder + "/corpus")
        }
        return folder + "/corpus"
    }

    /// What `serre scenario run` makes of a scenario's own settings.
    static func rehearsal(of scenario: Scenario) throws -> Rehearsal {
        try Rehearsal(
            Recipe.load("nano", overrides: scenario.settings.recipe), corpus: openTokenSource(corpus.get()),
            profile: ClusterProfile.load("jean-zay-a100", overrides: scenario.settings.profile),
            kernels: KernelContext(instructionSet: nil, workers: 1))
    }

    static func rehearsal(_ more: [String] = []) throws -> Rehearsal {
        try Rehearsal(
            recipe(more), corpus: openTokenSource(corpus.get()), profile: profile(),
            kernels: KernelContext(instructionSet: nil, workers: 1))
    }
}
