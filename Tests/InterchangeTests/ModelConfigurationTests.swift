import Diagnostics
import Foundation
import Interchange
import Testing

/// `config.json` of every family: what is written is read; both of transformers' spellings; refusals by file and key.
@Suite("Model configurations")
struct ModelConfigurationTests {
    private static let llama =
        #"{"model_type":"llama","hidden_size":64,"intermediate_size":96,"num_hidden_layers":2,"#
        + #""num_attention_heads":8,"num_key_value_heads":2,"vocab_size":264"#
    private static let gpt2 =
        #"{"model_type":"gpt2","n_embd":48,"n_layer":2,"n_head":6,"n_positions":32,"vocab_size":264"#
    private static let bloom = #"{"model_type":"bloom","hidden_size":48,"n_layer":2,"n_head":6,"vocab_size":264"#

    private func read(_ json: String) throws(Diagnostic) -> any ModelConfiguration {
        try ModelFamilies.configuration(json: Data(json.utf8), file: "config.json")
    }

    @Test("what is written is read")
    func roundTrip() throws {
        let bloom = BloomConfiguration(layers: 2, heads: 3, hidden: 6, vocabulary: 9, sequenceLength: 4, documentEnd: 8)
        #expect(try read(bloom.json) as? BloomConfiguration == bloom)
        var llama = LlamaConfiguration(
            layers: 2, heads: 4, keyValueHeads: 2, hidden: 8, ffn: 5, vocabulary: 9, normEpsilon: 1e-5,
            rotaryBase: 500_000, sequenceLength: 16)
        #expect(try read(llama.json) as? LlamaConfiguration == llama)
        llama.hasTiedHead = true
        #expect(try read(llama.json) as? LlamaConfiguration == llama)
        let gpt2 = GPT2Configuration(
            layers: 2, heads: 3, hidden: 6, ffn: 7, vocabulary: 9, positions: 4, documentEnd: 8)
        #expect(try read(gpt2.json) as? GPT2Configuration == gpt2)
    }

    @Test("what a file leaves out is what transformers takes")
    func defaults() throws {
        let llama = try #require(read(Self.llama + "}") as? LlamaConfiguration)
        #expect(llama.normEpsilon == 1e-6 && llama.rotaryBase == 10_000 && !llama.hasTiedHead)
        let gpt2 = try #require(read(Self.gpt2 + #","n_inner":null}"#) as? GPT2Configuration)
        #expect(gpt2.ffn == 192 && gpt2.layerNormEpsilon == 1e-5)
    }

    @Test(
        "rotary positions in the spelling of transformers 4 and of 5",
        arguments: [
            #""rope_theta":500000.0,"rope_scaling":null,"torch_dtype":"float32""#,
            #""rope_parameters":{"rope_theta":500000.0,"rope_type":"default"},"dtype":"bfloat16""#,
            #""rope_theta":500000,"rope_scaling":{"type":"default"}"#,
        ])
    func rotaryBase(keys: String) throws {
        #expect(try (read(Self.llama + "," + keys + "}") as? LlamaConfiguration)?.rotaryBase == 500_000)
    }

    private static func stretched(_ type: String, factor: Double = 8, high: Double = 4, length: Int = 8192) -> String {
        #""rope_parameters":{"rope_theta":500000.0,"rope_type":"\#(type)","factor":\#(factor),"low_freq_factor":1.0,"#
            + #""high_freq_factor":\#(high),"original_max_position_embeddings":\#(length)}"#
    }

    @Test("stretched rotary positions are read, and come back as they went out")
    func rotaryScaling() throws {
        var llama = try #require(read(Self.llama + "," + Self.stretched("llama3") + "}") as? LlamaConfiguration)
        llama.sequenceLength = 16
        #expect(
            llama.rotaryScaling
                == .init(factor: 8, lowFrequencyFactor: 1, highFrequencyFactor: 4, originalLength: 8192))
        #expect(llama.rotaryBase == 500_000)
        #expect(try read(llama.json) as? LlamaConfiguration == llama)
    }

    /// (the model, one more member, the key that the refusal names)
    private static let refused: [(json: String, member: String, key: String)] = [
        (llama, #""rope_scaling":{"rope_type":"llama3","factor":8.0}"#, "rope_scaling.low_freq_factor"),
        (llama, stretched("llama3", factor: 0.5), "rope_parameters.factor"),
        (llama, stretched("llama3", high: 1), "rope_parameters.high_freq_factor"),
        (llama, stretched("llama3", length: 0), "rope_parameters.original_max_position_embeddings"),
        (llama, stretched("dynamic"), "rope_parameters.rope_type"),
        (llama, #""rope_scaling":{"type":"linear","factor":2.0}"#, "rope_scaling.type"),
        (llama, #""rope_parameters":{"rope_theta":1e4,"rope_type":"yarn"}"#, "rope_parameters.rope_type"),
        (llama, #""rope_parameters":{"partial_rotary_factor":0.5}"#, "rope_parameters.partial_rotary_factor"),
        (llama, #""rope_scaling":2"#, "rope_scaling"), (llama, #""rope_theta":0"#, "rope_theta"),
        (llama, #""attention_bias":true"#, "attention_bias"), (llama, #""mlp_bias":true"#, "mlp_bias"),
        (llama, #""hidden_act":"gelu""#, "hidden_act"), (llama, #""head_dim":16"#, "head_dim"),
        (llama, #""num_key_value_heads":3"#, "num_key_value_heads"),
        (llama, #""quantization_config":{"bits":4}"#, "quantization_config"),
        (llama, #""tie_word_embeddings":"yes""#, "tie_word_embeddings"),
        (llama, #""rms_norm_eps":-1e-6"#, "rms_norm_eps"), (llama, #""rms_norm_eps":"small""#, "rms_norm_eps"),
        (llama, #""hidden_size":4611686018427387904"#, "hidden_size"),
        (llama, #""hidden_size":65"#, "num_attention_heads"),
        (llama, #""model_type":"mistral""#, "model_type"),
        (gpt2, #""activation_function":"relu""#, "activation_function"),
        (gpt2, #""activation_function":"gelu""#, "activation_function"),
        (gpt2, #""reorder_and_upcast_attn":true"#, "reorder_and_upcast_attn"),
        (gpt2, #""scale_attn_weights":false"#, "scale_attn_weights"),
        (gpt2, #""scale_attn_by_inverse_layer_idx":true"#, "scale_attn_by_inverse_layer_idx"),
        (gpt2, #""add_cross_attention":true"#, "add_cross_attention"), (gpt2, #""n_positions":null"#, "n_positions"),
        (gpt2, #""tie_word_embeddings":false"#, "tie_word_embeddings"), (gpt2, #""n_head":5"#, "n_head"),
        (bloom, #""tie_word_embeddings":false"#, "tie_word_embeddings"), (bloom, #""n_layer":[2]"#, "n_layer"),
    ]

    @Test("what Serre cannot represent is refused by file and key", arguments: refused)
    func refusals(json: String, member: String, key: String) throws {
        // Of two members of one name a parser may take either; the model's own goes.
        let name = try #require(member.dropFirst().split(separator: "\"").first)
        let rest = json.dropFirst().split(separator: ",").filter { !$0.hasPrefix("\"\(name)\"") }
        let text = "{" + (rest.map(String.init) + [member]).joined(separator: ",") + "}"
        let found = #expect(throws: Diagnostic.self) { try read(text) }
        #expect(found?.code == "model.configuration" && found?.location == .init(file: "config.json", key: key))
        #expect(found?.expected != nil && found?.found != nil)
    }

    @Test("what is no configuration is an error")
    func malformed() throws {
        for json in ["", "[]", "{", "{}", "null", String(repeating: "[", count: 100_000)] {
            let found = #expect(throws: Diagnostic.self, "\(json.prefix(9))") { try read(json) }
            #expect(found?.code == "model.configuration")
        }
    }
}
