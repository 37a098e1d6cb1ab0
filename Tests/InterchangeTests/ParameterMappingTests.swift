import Diagnostics
import Interchange
import Testing

/// Where elements of fused, reordered and transposed parameters are in a file.
@Suite("Parameter mapping")
struct ParameterMappingTests {
    static let configurations: [any ModelConfiguration] = [
        BloomConfiguration(layers: 1, heads: 3, hidden: 6, vocabulary: 10),
        LlamaConfiguration(layers: 1, heads: 4, keyValueHeads: 2, hidden: 8, ffn: 5, vocabulary: 10),
        GPT2Configuration(layers: 1, heads: 3, hidden: 6, ffn: 7, vocabulary: 10, positions: 4),
    ]

    private func mapping(_ family: Int, _ name: String) throws -> ParameterMapping {
        try #require(Self.configurations[family].parameters.first { $0.parameter.hasSuffix(name) })
    }

    /// (tensor, element) of every element of a parameter, in Serre's order.
    private func places(_ mapping: ParameterMapping, _ elements: Range<Int>? = nil) -> [[Int]] {
        var places: [[Int]] = []
        mapping.runs(of: elements ?? 0..<mapping.rows * mapping.columns) { run in
            for i in 0..<run.count { places.append([run.tensor, run.start + i * run.stride]) }
        }
        return places
    }

    @Test("Llama's groups of queries, key and value come from three tensors")
    func groupedQueries() throws {
        let qkv = try mapping(1, "qkv_proj.weight")
        #expect(qkv.tensors.map(\.name).map { $0.split(separator: ".")[3] } == ["q_proj", "k_proj", "v_proj"])
        #expect(
            qkv.tensors.map { qkv.description(of: $0, .float32, prefix: "model.").shape } == [
                [8, 8], [4, 8], [4, 8],
            ])
        // Heads of two rows, two of queries for each of keys: rows of the tensors, group by group.
        let rows = places(qkv).enumerated().filter { $0.offset % 8 == 0 }.map { [$0.element[0], $0.element[1] / 8] }
        #expect(
            rows == [
                [0, 0], [0, 1], [0, 2], [0, 3], [1, 0], [1, 1], [2, 0], [2, 1],
                [0, 4], [0, 5], [0, 6], [0, 7], [1, 2], [1, 3], [2, 2], [2, 3],
            ])
    }

    @Test("gates and their partners alternate")
    func gates() throws {
        let rows = places(try mapping(1, "gate_up_proj.weight")).enumerated().filter { $0.offset % 8 == 0 }
        #expect(rows.map { [$0.element[0], $0.element[1] / 8] } == (0..<5).flatMap { [[0, $0], [1, $0]] })
    }

    @Test("GPT-2's queries, keys and values are columns of one tensor")
    func conv1D() throws {
        let attention = try mapping(2, "c_attn.weight")
        #expect(attention.description(of: attention.tensors[0], .float32, prefix: "").shape == [6, 18])
        // Head 1's first key is Serre's row 8 and the file's column 6 + 2.
        #expect(places(attention, 8 * 6..<9 * 6).map { $0[1] } == (0..<6).map { $0 * 18 + 8 })
        #expect(places(try mapping(2, "c_attn.bias")).map { $0[1] }[..<6] == [0, 1, 6, 7, 12, 13])
        let out = try mapping(2, "mlp.c_proj.weight")
        #expect(places(out).map { $0[1] } == Array(0..<42))
    }

    @Test("writing in the file's order and reading by place are inverses", arguments: 0..<3)
    func inverses(family: Int) {
        for mapping in Self.configurations[family].parameters {
            let values = (0..<mapping.rows * mapping.columns).map { Float($0) }
            let files = mapping.tensors.map { tensor in
                var file: [Float] = []
                mapping.inFileOrder(tensor, of: values) { bytes in
                    file += stride(from: 0, to: bytes.count, by: 4).map {
                        bytes.loadUnaligned(fromByteOffset: $0, as: Float.self)
                    }
                }
                return file
            }
            for (tensor, file) in zip(mapping.tensors, files) {
                let shape = mapping.description(of: tensor, .float32, prefix: "").shape
                #expect(file.count == shape.reduce(1, *))
            }
            let found = places(mapping)
            #expect(found.map { files[$0[0]][$0[1]] } == values, "\(mapping.parameter)")
            // Parts of it are the same parts of the whole.
            let middle = values.count / 3..<values.count * 2 / 3
            #expect(places(mapping, middle) == Array(found[middle]))
        }
    }
}
