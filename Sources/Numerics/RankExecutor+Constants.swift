import CKernels
import Programs
import Recipes

extension RankExecutor {
    /// ALiBi's slopes (Press et al. 2022) of this rank's heads, or the table of rotary positions.
    func writeConstants() {
        if let buffer = program.buffer(named: BufferDeclaration.slopesName) {
            let count = program.buffers[buffer.index].count
            let slopes = memory.floats(Operand(buffer, count: count), microbatch: 0)
            let all = alibiSlopes(heads: recipe.model.heads)
            for i in 0..<count { slopes[i] = all[coordinate.tensor * count + i] }
        }
        if let buffer = program.buffer(named: BufferDeclaration.rotaryTableName) {
            let table = memory.floats(Operand(buffer, count: program.buffers[buffer.index].count), microbatch: 0)
            recipe.model.writeRotaryTable(sequence: sequence, to: table)
        }
    }
}

extension Recipe.Model {
    /// Cosines and sines of every position and frequency, sequence × head size (`serre_rotary_table`).
    fileprivate func writeRotaryTable(sequence: Int, to table: UnsafeMutablePointer<Float>) {
        guard let scaling = rotaryScaling else {
            return serre_rotary_table(Int64(sequence), Int64(headSize), rotaryBase, nil, table)
        }
        var stretched = serre_rotary_scaling(
            factor: scaling.factor, low_frequency_factor: scaling.lowFrequencyFactor,
            high_frequency_factor: scaling.highFrequencyFactor, original_length: Double(scaling.originalLength))
        serre_rotary_table(Int64(sequence), Int64(headSize), rotaryBase, &stretched, table)
    }
}

/// Slopes for any head count: 2^(−8i/n) for a power of two n; else those of the power below, then every other slope of the
/// power above (Press et al. 2022, reference implementation's rule).
func alibiSlopes(heads: Int) -> [Float] {
    let below = 1 << (Int.bitWidth - 1 - heads.leadingZeroBitCount)
    func slope(_ i: Int, of n: Int) -> Float { Float(serre_pow64(2, -8 * Double(i) / Double(n))) }
    let first = (1...below).map { slope($0, of: below) }
    return first + (0..<(heads - below)).map { slope(2 * $0 + 1, of: 2 * below) }
}
