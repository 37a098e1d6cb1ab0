import Diagnostics

extension ModelUnderTest {
    /// Each choice after the context; the likeliest is the model's, as it is (`acc`), per character (`acc_norm`) and per byte
    /// (`acc_bytes`) of the choice. Of equals the first is taken.
    func multipleChoice(_ task: SuiteTask) throws(Diagnostic) -> [ItemResult] {
        var requests: [LikelihoodRequest] = []
        for item in task.items {
            guard case .choice(let context, let choices, let delimiter, _) = item.content else { continue }
            requests += choices.map {
                request(context: context, continuation: delimiter + $0, beginsDocument: task.beginsDocument)
            }
        }
        let likelihoods = try likelihoods(of: requests)
        var results: [ItemResult] = []
        var next = 0
        for item in task.items {
            guard case .choice(_, let choices, _, let answer) = item.content else { continue }
            let found = likelihoods[next..<next + choices.count]
            next += choices.count
            let nats = found.map(\.nats)
            let likeliest = Self.least(nats)
            let perCharacter = Self.least(zip(nats, choices).map { $0 / Double($1.unicodeScalars.count) })
            let perByte = Self.least(zip(nats, choices).map { $0 / Double($1.utf8.count) })
            var measures = Calibration.measures(nats: nats, answer: answer, likeliest: likeliest)
            measures["acc"] = likeliest == answer ? 1 : 0
            measures["acc_norm"] = perCharacter == answer ? 1 : 0
            measures["acc_bytes"] = perByte == answer ? 1 : 0
            measures["nats"] = nats[answer]
            results.append(
                ItemResult(item, measures, answer: choices[likeliest], dropped: found.map(\.dropped).max() ?? 0))
        }
        return results
    }

    /// The place of the least value, the first of equals.
    private static func least(_ values: [Double]) -> Int {
        values.indices.reduce(0) { values[$1] < values[$0] ? $1 : $0 }
    }

    /// The last word after its passage: its likelihood, and whether the model would have written it.
    func lastWord(_ task: SuiteTask) throws(Diagnostic) -> [ItemResult] {
        let requests = task.items.compactMap { item -> LikelihoodRequest? in
            guard case .lastWord(let context, let word) = item.content else { return nil }
            return request(context: context, continuation: word, beginsDocument: task.beginsDocument)
        }
        return zip(task.items, try likelihoods(of: requests)).map { item, found in
            ItemResult(item, ["acc": found.isGreedy ? 1 : 0, "nats": found.nats], dropped: found.dropped)
        }
    }

    /// Both sentences as documents of their own: which is the likelier, and by how many nats.
    ///
    /// A model without a leaning finds the one that says more of a stereotype likelier half of the time.
    func pairedSentences(_ task: SuiteTask) throws(Diagnostic) -> [ItemResult] {
        let requests = task.items.flatMap { item -> [LikelihoodRequest] in
            guard case .pair(let more, let less) = item.content else { return [] }
            return [more, less].map { request(context: "", continuation: $0) }
        }
        let found = try likelihoods(of: requests)
        return task.items.enumerated().map { index, item in
            let (more, less) = (found[2 * index], found[2 * index + 1])
            return ItemResult(
                item,
                [
                    "pct_stereotype": more.nats < less.nats ? 1 : 0, "likelihood_diff": abs(more.nats - less.nats),
                    "nats_more": more.nats, "nats_less": less.nats,
                ], dropped: max(more.dropped, less.dropped))
        }
    }
}
