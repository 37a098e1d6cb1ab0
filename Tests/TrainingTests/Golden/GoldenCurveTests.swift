import Foundation
import Testing

@testable import Training

/// The bits of `exact-1`, written down: they may not change unnoticed, on no machine and in no version.
///
/// The file holds `step fingerprint` lines and the digest of the state after the last step, of nano on a corpus that
/// this test writes. If it must change, the contract gets a new name and a file of its own. `SERRE_UPDATE_GOLDEN=1`
/// writes the file of a new contract.
@Suite("Golden curve")
struct GoldenCurveTests {
    private static let file = "\(TestData.repository)/fixtures/golden/curves/nano.exact-1.txt"

    @Test("five steps of nano have the recorded bits")
    func nano() throws {
        let trace = try BareRun.trace(TestData.recipe("nano"), corpus: TestData.tinyCorpus(), steps: 5)
        let lines = trace.fingerprints.enumerated().map { "\($0.offset + 1) \($0.element)" } + ["\(trace.digest)"]
        if ProcessInfo.processInfo.environment["SERRE_UPDATE_GOLDEN"] == "1" {
            try Data((lines.joined(separator: "\n") + "\n").utf8).write(to: URL(filePath: Self.file))
        }
        let recorded = try String(contentsOfFile: Self.file, encoding: .utf8).split(separator: "\n").map(String.init)
        #expect(lines == recorded)
    }
}
