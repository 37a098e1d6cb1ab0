/// A parameter of a BLOOM model as Hugging Face's `transformers` stores it: name, shape and orientation.
///
/// Serre keeps every weight with the dimension that tensor parallelism splits first. For the two projections back into
/// the residual stream this is [in, out], where PyTorch's linear layers keep [out, in]; all others agree.
public struct BloomTensor: Sendable, Equatable {
    /// Serre's name, such as `h.3.mlp.dense_4h_to_h.weight`: that of the tensor without the model's prefix.
    public let parameter: String
    /// Rows and columns as Serre stores them, row-major; a vector has one column.
    public let rows, columns: Int

    /// The prefix of every tensor in a `BloomForCausalLM`; files of the bare model have none.
    public static let prefix = "transformer."
    /// The output layer of a file that stores it apart although it is the embedding.
    public static let head = "lm_head.weight"

    public init(parameter: String, rows: Int, columns: Int) {
        self.parameter = parameter
        self.rows = rows
        self.columns = columns
    }

    /// Whether rows and columns change places between the two.
    public var isTransposed: Bool {
        parameter.hasSuffix(".self_attention.dense.weight") || parameter.hasSuffix(".mlp.dense_4h_to_h.weight")
    }

    /// Norms and biases are vectors, also in a model that is one column wide.
    private var isVector: Bool {
        parameter.hasSuffix(".bias") || parameter.contains("layernorm.") || parameter.hasPrefix("ln_f.")
    }

    /// The shape in a Hugging Face file.
    public var shape: [Int] {
        isVector ? [rows] : isTransposed ? [columns, rows] : [rows, columns]
    }

    /// The tensor's entry in a Hugging Face file.
    public func description(_ type: ElementType, prefix: String = prefix) -> TensorDescription {
        TensorDescription(prefix + parameter, type, shape: shape)
    }

    /// The place in the file's row-major order of the element at `index` in Serre's.
    public func place(of index: Int) -> Int {
        isTransposed ? index % columns * rows + index / columns : index
    }

    /// Calls `body` with all values in the file's order, a few rows at a time, so that no second copy of the tensor is made.
    ///
    /// `values` are the parameter's, in Serre's order.
    public func inFileOrder<E: Error>(
        _ values: [Float], _ body: (UnsafeRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        precondition(values.count == rows * columns, "the values of \(parameter) are not all there")
        guard isTransposed else { return try values.withBytes(body) }
        let rowsPerBand = 64
        var band: [Float] = []
        for first in stride(from: 0, to: columns, by: rowsPerBand) {
            band.removeAll(keepingCapacity: true)
            for column in first..<min(first + rowsPerBand, columns) {
                for row in 0..<rows { band.append(values[row * columns + column]) }
            }
            try band.withBytes(body)
        }
    }
}

extension [Float] {
    /// The raw bytes, for a body that throws one type.
    fileprivate func withBytes<E: Error>(_ body: (UnsafeRawBufferPointer) throws(E) -> Void) throws(E) {
        var failure: E?
        withUnsafeBytes { bytes in
            do throws(E) { try body(bytes) } catch { failure = error }
        }
        if let failure { throw failure }
    }
}
