import JSONWriting

extension TokenizerModel {
    /// The model as a `tokenizer.json`, laid out as `tokenizers` lays it out: the same bytes for the same model.
    func json() -> [UInt8] {
        var writer = JSONWriter(.serde)
        writer.object { root in
            root.member("version") { $0.text("1.0") }
            root.member("truncation") { $0.word("null") }
            root.member("padding") { $0.word("null") }
            root.member("added_tokens") { $0.list(addedTokens) { Self.write($1, to: &$0) } }
            root.member("normalizer") { $0.word("null") }
            root.member("pre_tokenizer") { writePretokenizer(to: &$0) }
            root.member("post_processor") { writePostprocessor(to: &$0) }
            root.member("decoder") { Self.writeByteLevel(to: &$0, prefixSpace: addsPrefixSpace, usesPattern: false) }
            root.member("model") { writeModel(to: &$0) }
        }
        return writer.bytes + [10]
    }

    private static func write(_ token: AddedToken, to writer: inout JSONWriter) {
        writer.object { object in
            object.member("id") { $0.word("\(token.id)") }
            object.member("content") { $0.text(token.content) }
            object.member("single_word") { $0.word("false") }
            object.member("lstrip") { $0.word("\(token.takesSpaceBefore)") }
            object.member("rstrip") { $0.word("\(token.takesSpaceAfter)") }
            object.member("normalized") { $0.word("\(token.isNormalized)") }
            object.member("special") { $0.word("\(token.isSpecial)") }
        }
    }

    private func writePretokenizer(to writer: inout JSONWriter) {
        if splits.isEmpty || splits == [.gpt2] {
            return Self.writeByteLevel(to: &writer, prefixSpace: addsPrefixSpace, usesPattern: !splits.isEmpty)
        }
        writer.object { object in
            object.member("type") { $0.text("Sequence") }
            object.member("pretokenizers") { list in
                list.list(splits.map(Optional.some) + [nil]) { writer, split in
                    guard let split else {
                        return Self.writeByteLevel(to: &writer, prefixSpace: false, usesPattern: false)
                    }
                    Self.write(split, to: &writer)
                }
            }
        }
    }

    private static func write(_ split: WordSplit, to writer: inout JSONWriter) {
        writer.object { object in
            guard let pattern = split.pattern else {
                object.member("type") { $0.text("Digits") }
                return object.member("individual_digits") { $0.word("\(split == .eachDigit)") }
            }
            object.member("type") { $0.text("Split") }
            object.member("pattern") { $0.object { $0.member("Regex") { $0.text(pattern) } } }
            object.member("behavior") { $0.text("Isolated") }
            object.member("invert") { $0.word("false") }
        }
    }

    private static func writeByteLevel(to writer: inout JSONWriter, prefixSpace: Bool, usesPattern: Bool) {
        writer.object { object in
            object.member("type") { $0.text("ByteLevel") }
            object.member("add_prefix_space") { $0.word("\(prefixSpace)") }
            object.member("trim_offsets") { $0.word("true") }
            object.member("use_regex") { $0.word("\(usesPattern)") }
        }
    }

    private func writePostprocessor(to writer: inout JSONWriter) {
        guard !before.isEmpty || !after.isEmpty else { return writer.word("null") }
        let pieces: [TokenID?] = before + [nil] + after
        writer.object { object in
            object.member("type") { $0.text("TemplateProcessing") }
            object.member("single") { $0.list(pieces) { writeTemplatePiece($1, text: "A", type: 0, to: &$0) } }
            object.member("pair") {
                $0.list(pieces.map { ($0, 0) } + pieces.map { ($0, 1) }) {
                    writeTemplatePiece($1.0, text: $1.1 == 0 ? "A" : "B", type: $1.1, to: &$0)
                }
            }
            object.member("special_tokens") { tokens in
                tokens.object { object in
                    var written: [TokenID] = []
                    for id in before + after where !written.contains(id) {
                        written.append(id)
                        object.member(name(of: id)) { writeTemplateToken(id, to: &$0) }
                    }
                }
            }
        }
    }

    private func writeTemplatePiece(_ id: TokenID?, text: String, type: Int, to writer: inout JSONWriter) {
        writer.object { object in
            object.member(id == nil ? "Sequence" : "SpecialToken") { inner in
                inner.object {
                    $0.member("id") { $0.text(id.map { name(of: $0) } ?? text) }
                    $0.member("type_id") { $0.word("\(type)") }
                }
            }
        }
    }

    private func writeTemplateToken(_ id: TokenID, to writer: inout JSONWriter) {
        writer.object { object in
            object.member("id") { $0.text(name(of: id)) }
            object.member("ids") { $0.list([id]) { $0.word("\($1)") } }
            object.member("tokens") { $0.list([id]) { $0.text(name(of: $1)) } }
        }
    }

    private func writeModel(to writer: inout JSONWriter) {
        writer.object { object in
            object.member("type") { $0.text("BPE") }
            for key in ["dropout", "unk_token", "continuing_subword_prefix", "end_of_word_suffix"] {
                object.member(key) { $0.word("null") }
            }
            object.member("fuse_unk") { $0.word("false") }
            object.member("byte_fallback") { $0.word("false") }
            object.member("ignore_merges") { $0.word("\(takesWholeWords)") }
            object.member("vocab") { vocabulary in
                vocabulary.object { object in
                    for id in 0..<TokenID(tokens.count) where !tokens[id].isEmpty {
                        object.member(name(of: id)) { $0.word("\(id)") }
                    }
                }
            }
            object.member("merges") {
                $0.list(merges) { writer, merge in
                    writer.list([merge.left, merge.right]) { $0.text(name(of: $1)) }
                }
            }
        }
    }

    /// A token's name in the file.
    private func name(of id: TokenID) -> String {
        if id >= tokens.count || tokens[id].isEmpty { return addedTokens.first { $0.id == id }?.content ?? "" }
        return opaque.contains(id) ? String(decoding: tokens[id], as: UTF8.self) : ByteAlphabet.text(of: tokens[id])
    }
}
