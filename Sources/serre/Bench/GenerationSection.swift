import Diagnostics
import Evaluation
import Numerics
import Tables

/// Tokens that follow a prompt of half the model's sequence, with kept keys and values beside passes over the whole sequence.
struct GenerationSection {
    let model: BenchModel
    let workers: Int
    let repeats: Int

    private static let length = 8

    func run(_ report: BenchReport) throws {
        let (kept, whole) = try (generator(keepsKeys: true), generator(keepsKeys: false))
        report.heading(
            "generation, \(model.description), \(workers) workers: \(Self.length) tokens after \(model.shape.sequence / 2)"
        )
        let load = MachineLoad()
        let texts = try (draw(kept).tokens, draw(whole).tokens)
        guard texts.0 == texts.1 else {
            throw Diagnostic("bench.generation", "kept keys and values gave another text", kind: .failure)
        }
        var seconds: (kept: [Double], whole: [Double]) = ([], [])
        for _ in 0..<repeats {
            seconds.kept.append(try draw(kept).seconds)
            seconds.whole.append(try draw(whole).seconds)
        }
        let share = load.shareOfOthers()
        let (own, other) = (median(seconds.kept), median(seconds.whole))
        let line = Line(
            model: model.rawValue, workers: workers, tokensPerSecond: Double(Self.length) / own,
            wholePassTokensPerSecond: Double(Self.length) / other, ratio: other / own, othersShare: share)
        var table = TextTable(header: ["tokens/s", "by whole passes", "ratio"], numeric: [0, 1, 2])
        table.rows = [
            [fixed(line.tokensPerSecond, 1), fixed(line.wholePassTokensPerSecond, 2), fixed(line.ratio, 1)]
        ]
        try report.show(table, [line])
        report.remark(othersShare: share)
    }

    private func generator(keepsKeys: Bool) throws(Diagnostic) -> TextGenerator {
        let prompt = (0..<model.shape.sequence / 2).map { Int32($0 * 7 % 256) }
        let generator = try TextGenerator(
            recipe: try model.recipe(), prompts: [prompt], keepsKeys: keepsKeys,
            kernels: try KernelContext(
                instructionSet: try KernelContext.environmentInstructionSet(), workers: workers))
        generator.model.initialize()
        return generator
    }

    private func draw(_ generator: TextGenerator) throws(Diagnostic) -> (tokens: [[Int32]], seconds: Double) {
        let started = ContinuousClock.now
        let tokens = try generator.generate(length: Self.length, sampling: Sampling(), isText: { _ in true })
        return (tokens, Double((ContinuousClock.now - started) / .nanoseconds(1)) * 1e-9)
    }

    private struct Line: Encodable {
        var model: String
        var workers: Int
        var tokensPerSecond, wholePassTokensPerSecond, ratio, othersShare: Double

        enum CodingKeys: String, CodingKey {
            case model, workers, ratio
            case tokensPerSecond = "tokens_per_second"
            case wholePassTokensPerSecond = "whole_pass_tokens_per_second"
            case othersShare = "others_share"
        }
    }
}
