import Diagnostics

extension TokenizerModel {
    private static let modelKeys = [
        "type", "dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix", "fuse_unk", "byte_fallback",
        "ignore_merges", "vocab", "merges",
    ]

    /// Reads the key `model`: the vocabulary and the merges. Returns the tokens' numbers by their names in the file.
    ///
    /// Every byte must have a token, so what is done with unknown characters (`unk_token`, `fuse_unk`, `byte_fallback`)
    /// changes nothing.
    mutating func readModel(_ object: JSONObject) throws(Diagnostic) -> TokenIndex {
        guard object["type"].isNull || object["type"].node == .text("BPE") else {
            throw object["type"].unsupported("the model is not supported", expected: "BPE")
        }
        try object.requireKeys(among: Self.modelKeys)
        if !object["dropout"].isNull, object["dropout"].node != .number("0.0"), object["dropout"].node != .number("0") {
            throw object["dropout"].unsupported("dropout is not supported", expected: "null")
        }
        for key in ["continuing_subword_prefix", "end_of_word_suffix"]
        where !object[key].isNull && object[key].node != .text("") {
            throw object[key].unsupported("marks of word parts are not supported", expected: "null")
        }
        takesWholeWords = try object.flag("ignore_merges", absent: false)
        let names = try readVocabulary(object["vocab"])
        try readByteTokens(names, object["vocab"])
        merges = try MergeReader(names: names).read(object["merges"])
        return names
    }

    private mutating func readVocabulary(_ place: JSONPlace) throws(Diagnostic) -> TokenIndex {
        let members = try place.object().members
        var names = TokenIndex(capacity: members.count)
        var memberOfID: [Int32] = []
        // Numbers may have gaps, but no table is made for absurd ones.
        let limit = 4 * members.count + 65_536
        for (index, member) in members.enumerated() {
            let entry = { JSONPlace(node: member.value, file: place.file, path: "\(place.path).\(member.key)") }
            guard case .number(let digits) = member.value, let id = TokenID(digits), id >= 0, id < limit else {
                throw entry().malformed("this is no token's number", expected: "a whole number below \(limit)")
            }
            guard names.insert(Array(member.key.utf8)[...], number: id) else {
                throw entry().malformed("the token is there twice", expected: "each token once", found: member.key)
            }
            while memberOfID.count <= id { memberOfID.append(-1) }
            guard memberOfID[Int(id)] < 0 else {
                let other = members[Int(memberOfID[Int(id)])].key
                throw entry().malformed(
                    "two tokens have the same number", expected: "a number of its own",
                    found: "\(id), as “\(other)” has")
            }
            memberOfID[Int(id)] = Int32(index)
        }
        for (id, index) in memberOfID.enumerated() {
            guard index >= 0 else {
                tokens.append([])
                continue
            }
            let name = members[Int(index)].key
            if let bytes = ByteAlphabet.bytes(of: name) {
                tokens.append(bytes)
            } else {
                tokens.append(name.utf8)
                opaque.insert(TokenID(id))
            }
        }
        return names
    }

    private mutating func readByteTokens(_ names: TokenIndex, _ place: JSONPlace) throws(Diagnostic) {
        for (byte, character) in ByteAlphabet.characters.enumerated() {
            guard let id = names.number(of: Array(String(Character(character)).utf8)[...]) else {
                throw place.unsupported(
                    "not every byte has a token", expected: "the 256 characters that stand for bytes",
                    found: "no “\(character)”, which stands for byte \(byte)")
            }
            byteTokens.append(id)
        }
    }
}

/// Reads `merges`, as texts with a space or as pairs.
private struct MergeReader {
    let names: TokenIndex

    func read(_ place: JSONPlace) throws(Diagnostic) -> [TokenizerModel.Merge] {
        guard case .list(let nodes) = place.node else {
            throw place.malformed("the value is of the wrong kind", expected: "a list")
        }
        var merges: [TokenizerModel.Merge] = []
        merges.reserveCapacity(nodes.count)
        for (index, node) in nodes.enumerated() {
            let entry = { JSONPlace(node: node, file: place.file, path: "\(place.path)[\(index)]") }
            guard let (left, right) = parts(of: node) else {
                throw entry().malformed("this is no merge", expected: "“a b” or [“a”, “b”]")
            }
            guard let first = names.number(of: left), let second = names.number(of: right),
                let merged = names.number(of: left, right)
            else {
                throw entry().malformed(
                    "the merge names a token that the vocabulary lacks",
                    expected: "two tokens of model.vocab and their sum"
                )
            }
            merges.append(.init(left: first, right: second, merged: merged))
        }
        return merges
    }

    private func parts(of node: JSONNode) -> (left: ArraySlice<UInt8>, right: ArraySlice<UInt8>)? {
        switch node {
        case .text(let text):
            let bytes = Array(text.utf8)
            let space = UInt8(ascii: " ")
            guard let cut = bytes.firstIndex(of: space), !bytes[(cut + 1)...].contains(space) else { return nil }
            return (bytes[..<cut], bytes[(cut + 1)...])
        case .list(let list):
            guard list.count == 2, case .text(let left) = list[0], case .text(let right) = list[1] else { return nil }
            return (Array(left.utf8)[...], Array(right.utf8)[...])
        default: return nil
        }
    }
}
