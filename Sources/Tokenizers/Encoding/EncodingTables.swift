import CTokenizer

/// The tables that encoding reads, in C's memory.
final class EncodingTables: @unchecked Sendable {  // Nothing writes to the tables once they are made.
    let pointer: OpaquePointer

    init(_ model: TokenizerModel) {
        // Added tokens are found before words are; as words they would let text become a control token.
        let hidden = model.opaque.union(model.addedTokens.filter(\.isSpecial).map(\.id))
        var tokens = TokenTable()
        for id in 0..<TokenID(model.tokens.count) { tokens.append(hidden.contains(id) ? [] : model.tokens[id]) }
        let merges = model.merges.map { serre_merge(left: $0.left, right: $0.right, merged: $0.merged) }
        let splits = model.splits.map(\.kernel)
        let contents = TokenTable(model.addedTokens.map { Array($0.content.utf8) })
        pointer = tokens.blob.withUnsafeBufferPointer { blob in
            contents.blob.withUnsafeBufferPointer { text in
                let added = Self.added(model.addedTokens, contents: contents, text: text)
                return Self.create(model, tokens, blob: blob, merges: merges, added: added, splits: splits)
            }
        }
    }

    deinit { serre_vocabulary_destroy(pointer) }

    /// The token of these bytes that merging or a whole word can yield.
    func token(of bytes: [UInt8]) -> TokenID? {
        let token = serre_vocabulary_find(pointer, bytes, bytes.count)
        return token < 0 ? nil : token
    }

    private static func added(
        _ tokens: [AddedToken], contents: TokenTable, text: UnsafeBufferPointer<UInt8>
    ) -> [serre_added_token] {
        tokens.enumerated().map { index, token in
            serre_added_token(
                bytes: text.baseAddress.map { $0 + Int(contents.starts[index]) }, count: token.content.utf8.count,
                id: token.id, is_special: token.isSpecial, takes_space_before: token.takesSpaceBefore,
                takes_space_after: token.takesSpaceAfter, is_second: token.isNormalized)
        }
    }

    private static func create(
        _ model: TokenizerModel, _ tokens: TokenTable, blob: UnsafeBufferPointer<UInt8>, merges: [serre_merge],
        added: [serre_added_token], splits: [serre_split]
    ) -> OpaquePointer {
        tokens.starts.withUnsafeBufferPointer { starts in
            model.byteTokens.withUnsafeBufferPointer { byteTokens in
                merges.withUnsafeBufferPointer { merges in
                    added.withUnsafeBufferPointer { added in
                        splits.withUnsafeBufferPointer { splits in
                            var description = serre_vocabulary_description(
                                blob: blob.baseAddress, starts: starts.baseAddress, token_count: Int32(tokens.count),
                                byte_tokens: byteTokens.baseAddress, merges: merges.baseAddress,
                                merge_count: Int32(merges.count), words_first: model.takesWholeWords,
                                added: added.baseAddress, added_count: added.count, splits: splits.baseAddress,
                                split_count: Int32(splits.count), prefix_space: model.addsPrefixSpace)
                            return serre_vocabulary_create(&description)
                        }
                    }
                }
            }
        }
    }
}
