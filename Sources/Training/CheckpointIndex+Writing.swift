/// The index as JSON with sorted keys: the same bytes for the same value.
extension CheckpointIndex {
    /// The bytes of `index.json`.
    func encoded() -> [UInt8] {
        var json = JSONText()
        json.object { write(to: &$0) }
        return json.bytes + [10]
    }

    /// The list of files that a host tells the others.
    static func encoded(_ files: [File]) -> [UInt8] {
        var json = JSONText()
        json.list(files) { $1.write(to: &$0) }
        return json.bytes
    }

    private func write(to json: inout JSONText) {
        json.list("files", files) { $1.write(to: &$0) }
        json.field("format", format)
        if let guardHistory { json.object("guard_history") { guardHistory.write(to: &$0) } }
        json.field("layout", layout)
        json.field("numerics", numerics)
        json.list("parameters", parameters) { json, parameter in
            json.object {
                $0.field("columns", parameter.columns)
                $0.field("name", parameter.name)
                $0.field("rows", parameter.rows)
            }
        }
        json.field("recipe_digest", recipeDigest)
        json.field("recipe_name", recipeName)
        json.field("samples", samples)
        json.field("state_digest", stateDigest)
        json.field("step", step)
    }
}

extension CheckpointIndex.File {
    fileprivate func write(to json: inout JSONText) {
        json.object {
            $0.field("bytes", bytes)
            if let chunkBytes { $0.field("chunk_bytes", chunkBytes) }
            if let chunks { $0.list("chunks", chunks) { $0.value($1) } }
            $0.field("name", name)
            $0.list("pieces", pieces) { json, piece in
                json.object {
                    $0.field("begin", piece.begin)
                    $0.field("count", piece.count)
                    $0.field("parameter", piece.parameter)
                    $0.field("tensor", piece.tensor)
                }
            }
            $0.field("sha256", sha256)
        }
    }
}

extension GuardHistory {
    fileprivate func write(to json: inout JSONText) {
        json.list("decisions", decisions) { json, decision in json.object { decision.write(to: &$0) } }
        json.list("losses", losses) { $0.value($1.hexadecimal) }
        json.field("updates", updates)
    }
}

extension GuardDecision {
    fileprivate func write(to json: inout JSONText) {
        json.field("action", action.rawValue)
        json.field("cause", cause.rawValue)
        json.field("end_sample", endSample)
        json.field("first_sample", firstSample)
        json.field("gradient_norm", gradientNorm.hexadecimal)
        if let largestLoss { json.field("largest_loss", largestLoss.hexadecimal) }
        json.field("loss", loss.hexadecimal)
        if let rolledBackTo { json.field("rolled_back_to", rolledBackTo) }
        json.field("step", step)
    }
}
