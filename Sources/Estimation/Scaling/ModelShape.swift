import Foundation
import Recipes

/// A transformer of about so many parameters.
///
/// The rule: hidden is a multiple of 128, of 256 from 1,024 on, of 512 from 2,048 and of 1,024 from 8,192, so that heads of
/// 128 (64 below 1,024) share out over tensor ranks; layers are even from 8 on and a multiple of 4 from 16 on, so that they
/// share out over pipeline stages. Of the shapes within 2 % of the parameters the one whose hidden is nearest 128 times its
/// layers is taken, or else the shape of the nearest parameters. Hidden is 50 to 220 times the layers: loss hardly depends
/// on that ratio there (Kaplan et al. 2020, figure 5), and 128 is GPT-3's; below 512 it may be 16 times, since there are
/// few widths to choose from.
public enum ModelShape {
    /// The largest hidden size considered.
    static let hiddenMax = 65_536
    static let tolerance = 0.02

    /// The model of the family nearest to so many parameters.
    public static func model(
        parameters: Double, family: Recipe.Model.Family, sequenceLength: Int, vocabulary: Int
    ) -> Recipe.Model {
        var best: (model: Recipe.Model, distance: Double, ratio: Double)?
        for hidden in widths {
            let candidates = depths(hidden: hidden).map {
                shape(family, layers: $0, hidden: hidden, sequenceLength: sequenceLength, vocabulary: vocabulary)
            }
            for model in candidates {
                let distance = abs(log(Double(model.parameterCount) / parameters))
                let ratio = abs(log(Double(hidden) / Double(128 * model.layers)))
                if isBetter(distance, ratio, than: best.map { ($0.distance, $0.ratio) }) {
                    best = (model, distance, ratio)
                }
            }
        }
        return best?.model
            ?? shape(family, layers: 1, hidden: 128, sequenceLength: sequenceLength, vocabulary: vocabulary)
    }

    private static func isBetter(_ distance: Double, _ ratio: Double, than best: (Double, Double)?) -> Bool {
        guard let (bestDistance, bestRatio) = best else { return true }
        switch (distance <= tolerance, bestDistance <= tolerance) {
        case (true, true): return ratio < bestRatio
        case (true, false): return true
        case (false, true): return false
        case (false, false): return distance < bestDistance
        }
    }

    private static var widths: [Int] {
        (1...hiddenMax / 128).map { 128 * $0 }.filter { hidden in
            hidden % (hidden < 1024 ? 128 : hidden < 2048 ? 256 : hidden < 8192 ? 512 : 1024) == 0
        }
    }

    /// Depths whose ratio of hidden to layers is between 50, or 16 for narrow models, and 220.
    private static func depths(hidden: Int) -> [Int] {
        let (least, most) = (max(1, (hidden + 219) / 220), hidden / (hidden < 512 ? 16 : 50))
        return least <= most ? (least...most).filter { $0 % ($0 < 8 ? 1 : $0 < 16 ? 2 : 4) == 0 } : []
    }

    private static func shape(
        _ family: Recipe.Model.Family, layers: Int, hidden: Int, sequenceLength: Int, vocabulary: Int
    ) -> Recipe.Model {
        Recipe.Model(
            family: family, layers: layers, hidden: hidden, heads: hidden / (hidden < 1024 ? 64 : 128),
            ffn: family.traits.usualWidth(hidden: hidden),
            sequenceLength: sequenceLength, vocabulary: vocabulary, paddedVocabulary: (vocabulary + 127) / 128 * 128)
    }
}
