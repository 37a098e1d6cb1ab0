/// A model's tokeniser as the two files that Hugging Face's `tokenizers` and `transformers` read beside the weights.
public struct TokenizerFiles: Sendable, Equatable {
    public static let name = "tokenizer.json"
    public static let settingsName = "tokenizer_config.json"

    /// The content of `tokenizer.json`.
    public var json: [UInt8]
    /// The token that begins and ends documents, and its text.
    public var documentEnd: Int
    public var documentEndText: String

    public init(json: [UInt8], documentEnd: Int, documentEndText: String) {
        (self.json, self.documentEnd, self.documentEndText) = (json, documentEnd, documentEndText)
    }

    /// The tokeniser whose tokens are bytes.
    public static var bytes: TokenizerFiles {
        TokenizerFiles(
            json: Array(ByteTokenizer.json.utf8), documentEnd: ByteTokenizer.documentEnd,
            documentEndText: ByteTokenizer.documentEndText)
    }

    /// `tokenizer_config.json`, which says what the tokens are for.
    public var settings: String {
        let end = Self.quoted(documentEndText)
        return """
            {
              "bos_token": \(end),
              "clean_up_tokenization_spaces": false,
              "eos_token": \(end),
              "model_input_names": ["input_ids", "attention_mask"],
              "pad_token": \(end),
              "tokenizer_class": "PreTrainedTokenizerFast"
            }

            """
    }

    /// A text as JSON writes it.
    private static func quoted(_ text: String) -> String {
        var quoted = "\""
        for scalar in text.unicodeScalars {
            switch scalar {
            case "\"", "\\": quoted += "\\\(scalar)"
            case _ where scalar.value < 0x20:
                let digits = String(scalar.value, radix: 16)
                quoted += "\\u" + String(repeating: "0", count: 4 - digits.count) + digits
            default: quoted.unicodeScalars.append(scalar)
            }
        }
        return quoted + "\""
    }
}
