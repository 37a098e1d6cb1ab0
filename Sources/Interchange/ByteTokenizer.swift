/// The tokeniser `bytes` in the file that Hugging Face's `tokenizers` reads; ``TokenizerFiles`` adds what `transformers` wants.
///
/// Token ids are the bytes of UTF-8 text; one more ends (and so begins) documents. In the file it is a byte-level BPE
/// without merges, which writes each byte as one printable character.
public enum ByteTokenizer {
    /// The id that ends documents: the one after the 256 bytes.
    public static let documentEnd = 256
    /// How the document end is written in text.
    public static let documentEndText = "<|end|>"

    /// `tokenizer.json`, the same bytes every time.
    public static var json: String {
        let vocabulary = (0...255).map { "      \(quoted(character(of: UInt8($0)))): \($0)" }
        let splitting =
            "\"type\": \"ByteLevel\", \"add_prefix_space\": false, \"trim_offsets\": true, \"use_regex\": false"
        return """
            {
              "version": "1.0",
              "truncation": null,
              "padding": null,
              "added_tokens": [
                {
                  "id": \(documentEnd), "content": "\(documentEndText)", "single_word": false, "lstrip": false,
                  "rstrip": false, "normalized": false, "special": true
                }
              ],
              "normalizer": null,
              "pre_tokenizer": { \(splitting) },
              "post_processor": null,
              "decoder": { \(splitting) },
              "model": {
                "type": "BPE", "dropout": null, "unk_token": null, "continuing_subword_prefix": null,
                "end_of_word_suffix": null, "fuse_unk": false, "byte_fallback": false, "ignore_merges": false,
                "vocab": {
            \(vocabulary.joined(separator: ",\n"))
                },
                "merges": []
              }
            }

            """
    }

    /// The character that stands for a byte: itself in Latin-1 if printable, else the next free one from U+0100 on.
    static func character(of byte: UInt8) -> Character {
        func isPrintable(_ byte: UInt8) -> Bool { (0x21...0x7E).contains(byte) || byte >= 0xA1 && byte != 0xAD }
        if isPrintable(byte) { return Character(Unicode.Scalar(byte)) }
        let before = (0..<byte).count { !isPrintable($0) }
        return Unicode.Scalar(UInt32(0x100 + before)).map { Character($0) } ?? "\u{FFFD}"
    }

    private static func quoted(_ character: Character) -> String {
        character == "\"" || character == "\\" ? "\"\\\(character)\"" : "\"\(character)\""
    }
}
