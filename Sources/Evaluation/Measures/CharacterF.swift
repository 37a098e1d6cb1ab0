/// chrF (Popović 2015): an F-score over n-grams of characters, without white space, as sacrebleu computes it.
///
/// Orders 1 to 6, recall counts twice as much as precision (β = 2), no word n-grams. Of a corpus, the counts are added over all
/// items before precision and recall are taken; orders that occur on neither side are left out. Of several references the one
/// that gives the item the highest score counts.
enum CharacterF {
    static let orders = 6

    /// n-grams of the hypothesis, of the reference and of both, order by order.
    struct Counts: Equatable {
        var hypothesis = [Double](repeating: 0, count: orders)
        var reference = [Double](repeating: 0, count: orders)
        var both = [Double](repeating: 0, count: orders)

        init() {}

        init(_ hypothesis: String, _ reference: String) {
            let ours = Self.scalars(hypothesis)
            let theirs = Self.scalars(reference)
            for order in 1...orders {
                let (a, b) = (Self.grams(ours, order), Self.grams(theirs, order))
                self.hypothesis[order - 1] = Double(a.count)
                self.reference[order - 1] = Double(b.count)
                // sacrebleu counts no n-grams of a hypothesis where the reference is too short for any.
                if b.isEmpty { self.hypothesis[order - 1] = 0 }
                both[order - 1] = Double(Self.common(a, b))
            }
        }

        private static func scalars(_ text: String) -> [Unicode.Scalar] {
            text.unicodeScalars.filter { !$0.properties.isWhitespace }
        }

        /// The n-grams, sorted, each as often as it occurs.
        private static func grams(_ scalars: [Unicode.Scalar], _ order: Int) -> [[UInt32]] {
            guard scalars.count >= order else { return [] }
            return (0...scalars.count - order).map { start in scalars[start..<start + order].map(\.value) }
                .sorted { $0.lexicographicallyPrecedes($1) }
        }

        private static func common(_ a: [[UInt32]], _ b: [[UInt32]]) -> Int {
            var (i, j, count) = (0, 0, 0)
            while i < a.count, j < b.count {
                if a[i] == b[j] {
                    (i, j, count) = (i + 1, j + 1, count + 1)
                } else if a[i].lexicographicallyPrecedes(b[j]) {
                    i += 1
                } else {
                    j += 1
                }
            }
            return count
        }

        /// The score, from 0 to 100.
        var score: Double {
            let weight = 4.0
            var (precision, recall, effective) = (0.0, 0.0, 0.0)
            for n in 0..<orders where hypothesis[n] > 0 && reference[n] > 0 {
                precision += both[n] / hypothesis[n]
                recall += both[n] / reference[n]
                effective += 1
            }
            guard effective > 0 else { return 0 }
            (precision, recall) = (precision / effective, recall / effective)
            guard precision + recall > 0 else { return 0 }
            return 100 * (1 + weight) * precision * recall / (weight * precision + recall)
        }
    }

    /// The measures of one item: the counts against its best reference.
    static func measures(_ hypothesis: String, _ references: [String]) -> [String: Double] {
        var best = Counts()
        for (index, reference) in references.enumerated() {
            let counts = Counts(hypothesis, reference)
            if index == 0 || counts.score > best.score { best = counts }
        }
        var measures: [String: Double] = [:]
        for n in 0..<orders {
            measures["chrf_\(n + 1)_hypothesis"] = best.hypothesis[n]
            measures["chrf_\(n + 1)_reference"] = best.reference[n]
            measures["chrf_\(n + 1)_both"] = best.both[n]
        }
        return measures
    }
}

extension Metric {
    /// chrF of all items together.
    static var characterF: Metric {
        let orders = 1...CharacterF.orders
        let inputs = orders.flatMap { ["chrf_\($0)_hypothesis", "chrf_\($0)_reference", "chrf_\($0)_both"] }
        return Metric(name: "chrf", better: .higher, isShare: false, inputs: inputs) { sums, items in
            guard items > 0 else { return nil }
            var counts = CharacterF.Counts()
            for n in 0..<CharacterF.orders {
                (counts.hypothesis[n], counts.reference[n], counts.both[n]) = (
                    sums[3 * n], sums[3 * n + 1], sums[3 * n + 2]
                )
            }
            return counts.score
        }
    }
}
