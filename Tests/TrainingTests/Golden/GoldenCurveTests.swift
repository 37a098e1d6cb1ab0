import Foundation
import Recipes
import Testing

@testable import Training

/// The bits of `exact-1`, written down: they may not change unnoticed, on no machine and in no version.
///
/// A file holds `step fingerprint` lines and the digest of the state after the last step, of nano (or of another family's
/// nano) on a corpus that this test writes. If it must change, the contract gets a new name and a file of its own. `SERRE_UPDATE_GOLDEN=1`
/// writes the file of a new contract.
@Suite("Golden curve")
struct GoldenCurveTests {
    @Test(
        "five steps of nano have the recorded bits", arguments: ["nano", "nano-llama", "nano-gpt2"],
        [Recipe.Precision.float32, .bfloat16])
    func nano(name: String, precision: Recipe.Precision) throws {
        let of = precision == .float32 ? "" : ".\(precision.rawValue)"
        let file = "\(TestData.repository)/fixtures/golden/curves/\(name)\(of).exact-1.txt"
        var recipe = try TestData.recipe(name)
        recipe.precision = precision
        let trace = try BareRun.trace(recipe, corpus: TestData.tinyCorpus(), steps: 5)
        let lines = trace.fingerprints.enumerated().map { "\($0.offset + 1) \($0.element)" } + ["\(trace.digest)"]
        if ProcessInfo.processInfo.environment["SERRE_UPDATE_GOLDEN"] == "1" {
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: file))
        }
        let recorded = try String(contentsOfFile: file, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(lines == recorded)
    }
}
