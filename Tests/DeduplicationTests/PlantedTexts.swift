/// Texts of random words with edited copies among them: `planted` in scripts/near_duplicates.py makes the same.
struct PlantedTexts {
    static let editRates = [0.01, 0.05, 0.1, 0.2, 0.5]

    let editRates: [Double]
    /// For each original its text, and one copy for each edit rate after it.
    var texts = [[UInt8]]()

    init(originals: Int, words: Int, seed: UInt64, editRates: [Double] = Self.editRates) {
        self.editRates = editRates
        var random = Random(seed: seed)
        // The product makes some words much more frequent than others, as in any language.
        func word() -> String {
            let (a, b) = (random.below(5000), random.below(5000))
            return "w\(a * b / 5000)"
        }
        for _ in 0..<originals {
            let original = (0..<words).map { _ in word() }
            texts.append(Array(original.joined(separator: " ").utf8))
            for rate in editRates {
                let copy = original.map { old in random.below(1000) < Int(rate * 1000) ? word() : old }
                texts.append(Array(copy.joined(separator: " ").utf8))
            }
        }
    }

    var perOriginal: Int { 1 + editRates.count }
}
