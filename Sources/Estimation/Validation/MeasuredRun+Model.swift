import Recipes

extension MeasuredRun {
    /// The model that a row describes, with what its source leaves out filled in as its family has it.
    static func model(
        of row: MeasuredRow, tensor: Int, style: EngineStyle, among others: [MeasuredRow],
        _ assumptions: inout Assumptions
    ) throws(RowExclusion) -> Recipe.Model {
        guard let layers = row.layers, let hidden = row.hidden, let sequence = row.sequenceLength else {
            throw RowExclusion("the model's shape is not stated")
        }
        let family = family(of: row)
        let heads = try heads(of: row, hidden: hidden, tensor: tensor, among: others, &assumptions)
        let ffn = row.ffn ?? assumedWidth(family, hidden: hidden, &assumptions)
        let vocabulary = row.vocabulary ?? assumedVocabulary(row, family, &assumptions)
        guard hidden % heads == 0 else {
            throw RowExclusion("inconsistent: \(heads) heads do not divide the hidden size \(hidden)")
        }
        return Recipe.Model(
            family: family, layers: layers, hidden: hidden, heads: heads,
            keyValueHeads: family.traits.groupsQueries ? row.keyValueHeads ?? heads : heads, ffn: ffn,
            sequenceLength: sequence,
            vocabulary: vocabulary,
            paddedVocabulary: paddedVocabulary(vocabulary, row, tensor: tensor, style: style))
    }

    /// Llama where keys and values are grouped or the source trains Llama; BLOOM by its vocabulary; else GPT-2.
    private static func family(of row: MeasuredRow) -> Recipe.Model.Family {
        let text = "\(row.id) \(row.source) \(row.notes)".lowercased()
        let isGrouped = row.keyValueHeads.map { $0 != row.heads ?? $0 } ?? false
        if isGrouped || ["torchtitan", "simumax", "llama"].contains(where: text.contains) { return .llama }
        return (row.vocabulary ?? 0) >= 200_000 && text.contains("bigscience") ? .bloom : .gpt2
    }

    /// The heads, or those of another row of the same source with the same width, best with as many layers; the most
    /// frequent, then those nearest to a head size of 128. Without such a row, heads of about 128.
    private static func heads(
        of row: MeasuredRow, hidden: Int, tensor: Int, among others: [MeasuredRow], _ assumptions: inout Assumptions
    ) throws(RowExclusion) -> Int {
        if let heads = row.heads { return heads }
        let alike = others.filter { other in
            guard let heads = other.heads else { return false }
            return other.source == row.source && other.hidden == hidden && hidden % heads == 0 && heads % tensor == 0
        }
        let asDeep = alike.filter { $0.layers == row.layers }
        let stated = (asDeep.isEmpty ? alike : asDeep).compactMap(\.heads)
        func distance(_ heads: Int) -> Int { abs(hidden / heads - 128) }
        let frequent = Set(stated).sorted().max { one, other in
            let (count, otherCount) = (stated.count { $0 == one }, stated.count { $0 == other })
            return (count, -distance(one)) < (otherCount, -distance(other))
        }
        if let frequent {
            assumptions.note("\(frequent) heads, as other rows of the source")
            return frequent
        }
        let legal = stride(from: tensor, through: hidden, by: tensor).filter { hidden % $0 == 0 }
        guard let nearest = legal.min(by: { distance($0) < distance($1) }) else {
            throw RowExclusion("no number of heads divides the hidden size \(hidden) and shares out over \(tensor)")
        }
        assumptions.note("\(nearest) heads")
        return nearest
    }

    private static func assumedWidth(
        _ family: Recipe.Model.Family, hidden: Int, _ assumptions: inout Assumptions
    ) -> Int {
        let width = family.traits.usualWidth(hidden: hidden)
        assumptions.note("an MLP of width \(width)")
        return width
    }

    private static func assumedVocabulary(
        _ row: MeasuredRow, _ family: Recipe.Model.Family, _ assumptions: inout Assumptions
    ) -> Int {
        let vocabulary = family == .llama ? 128_256 : row.source.lowercased().contains("bigscience") ? 50_257 : 51_200
        assumptions.note("a vocabulary of \(vocabulary)")
        return vocabulary
    }

    /// Megatron-LM pads to a multiple of 128 × tensor degree; others only as far as tensor parallelism needs.
    private static func paddedVocabulary(
        _ vocabulary: Int, _ row: MeasuredRow, tensor: Int, style: EngineStyle
    ) -> Int {
        let isMegatron =
            style == .megatron
            || (style != .fsdp && !row.framework.lowercased().contains("transformers"))
        let multiple = isMegatron ? 128 * tensor : tensor
        return (vocabulary + multiple - 1) / multiple * multiple
    }
}
