import JSONWriting

/// The index as JSON with sorted keys: the same bytes for the same value.
extension CheckpointIndex {
    /// The bytes of `index.json`.
    func encoded() -> [UInt8] {
        var json = JSONWriter(.foundation)
        json.object { write(to: &$0) }
        return json.bytes + [10]
    }

    /// The list of files that a host tells the others.
    static func encoded(_ files: [File]) -> [UInt8] {
        var json = JSONWriter(.foundation)
        json.list(files) { $1.write(to: &$0) }
        return json.bytes
    }

    private func write(to json: inout JSONWriter) {
        if let beganFromSeed { json.member("began_from_seed") { $0.word(beganFromSeed ? "true" : "false") } }
        json.member("files") { $0.list(files) { $1.write(to: &$0) } }
        json.member("format", format)
        if let guardHistory { json.member("guard_history") { $0.object { guardHistory.write(to: &$0) } } }
        json.member("layout", layout)
        json.member("numerics", numerics)
        json.member("parameters") { $0.list(parameters) { $1.write(to: &$0) } }
        json.member("recipe_digest", recipeDigest)
        json.member("recipe_name", recipeName)
        json.member("samples", samples)
        json.member("state_digest", stateDigest)
        json.member("step", step)
    }
}

extension CheckpointIndex.File {
    fileprivate func write(to json: inout JSONWriter) {
        json.object {
            $0.member("bytes", bytes)
            if let chunkBytes { $0.member("chunk_bytes", chunkBytes) }
            if let chunks { $0.member("chunks") { $0.list(chunks) { $0.text($1) } } }
            $0.member("name", name)
            $0.member("pieces") { $0.list(pieces) { $1.write(to: &$0) } }
            $0.member("sha256", sha256)
        }
    }
}

extension CheckpointIndex.Parameter {
    fileprivate func write(to json: inout JSONWriter) {
        json.object {
            $0.member("columns", columns)
            $0.member("name", name)
            $0.member("rows", rows)
        }
    }
}

extension CheckpointIndex.Piece {
    fileprivate func write(to json: inout JSONWriter) {
        json.object {
            $0.member("begin", begin)
            $0.member("count", count)
            $0.member("parameter", parameter)
            $0.member("tensor", tensor)
        }
    }
}

extension GuardHistory {
    fileprivate func write(to json: inout JSONWriter) {
        json.member("decisions") { $0.list(decisions) { json, decision in json.object { decision.write(to: &$0) } } }
        json.member("losses") { $0.list(losses) { $0.text($1.hexadecimal) } }
        json.member("updates", updates)
    }
}

extension GuardDecision {
    fileprivate func write(to json: inout JSONWriter) {
        json.member("action", action.rawValue)
        json.member("cause", cause.rawValue)
        json.member("end_sample", endSample)
        json.member("first_sample", firstSample)
        json.member("gradient_norm", gradientNorm.hexadecimal)
        if let largestLoss { json.member("largest_loss", largestLoss.hexadecimal) }
        json.member("loss", loss.hexadecimal)
        if let rolledBackTo { json.member("rolled_back_to", rolledBackTo) }
        json.member("step", step)
    }
}
