/// Where a Hugging Face model keeps one of Serre's parameters: in which tensors, in which order of rows and orientation.
///
///     // Serre's fused query-key-value of a Llama layer is three tensors there.
///     .init("layers.0.self_attn.qkv_proj.weight", columns: hidden, order: .init(parts: […], groups: …), in: […])
///
/// Serre keeps every weight with the dimension that tensor parallelism splits first; a file may keep the other first
/// (``isTransposed``), and the two may order the first dimension differently (``RowOrder``).
public struct ParameterMapping: Sendable, Equatable {
    /// A tensor of the file, which holds some rows of the parameter.
    public struct Tensor: Sendable, Equatable {
        /// The name in the file without the model's prefix.
        public let name: String
        /// The rows of the parameter, as the file orders them, that it holds.
        public let rows: Range<Int>
    }

    /// Serre's name, such as `h.3.mlp.dense_4h_to_h.weight`.
    public let parameter: String
    /// Rows and columns as Serre stores them, row-major; a vector has one column.
    public let rows, columns: Int
    public let order: RowOrder
    /// Whether the file keeps columns first.
    public let isTransposed: Bool
    /// Whether the file's tensors have one dimension, also in a model that is one column wide.
    public let isVector: Bool
    /// The tensors, one after the other all rows.
    public let tensors: [Tensor]
    /// Whether the model's prefix goes before the names; the output layer stands outside the model.
    public let isPrefixed: Bool

    /// A matrix, kept under the same name unless others are given.
    init(
        _ parameter: String, rows: Int, columns: Int, transposed: Bool = false, order: RowOrder? = nil,
        in names: [String]? = nil, prefixed: Bool = true
    ) {
        self.init(parameter, rows, columns, transposed, order, names, isVector: false, prefixed)
    }

    /// A vector: a bias, or a weight of a norm.
    init(vector parameter: String, count: Int, order: RowOrder? = nil) {
        self.init(parameter, count, 1, false, order, nil, isVector: true, true)
    }

    private init(
        _ parameter: String, _ rows: Int, _ columns: Int, _ isTransposed: Bool, _ order: RowOrder?, _ names: [String]?,
        isVector: Bool, _ isPrefixed: Bool
    ) {
        let order = order ?? RowOrder(parts: [rows], groups: 1)
        let names = names ?? [parameter]
        precondition(order.rows == rows, "the order of \(parameter) has other rows")
        precondition(names.count == 1 || names.count == order.parts.count, "a tensor holds one part or all")
        (self.parameter, self.rows, self.columns) = (parameter, rows, columns)
        (self.isTransposed, self.isVector, self.isPrefixed, self.order) = (isTransposed, isVector, isPrefixed, order)
        var end = 0
        tensors = zip(names, names.count == 1 ? [rows] : order.parts.map { $0 * order.groups }).map { name, count in
            end += count
            return Tensor(name: name, rows: end - count..<end)
        }
    }

    /// A tensor's name in a file whose model has `prefix`.
    public func name(of tensor: Tensor, prefix: String) -> String { (isPrefixed ? prefix : "") + tensor.name }

    /// A tensor's entry in a file.
    public func description(of tensor: Tensor, _ type: ElementType, prefix: String) -> TensorDescription {
        let count = tensor.rows.count
        return TensorDescription(
            name(of: tensor, prefix: prefix), type,
            shape: isVector ? [count] : isTransposed ? [columns, count] : [count, columns])
    }

    /// Consecutive elements of Serre's, and where they are: `stride` apart in one tensor.
    public struct Run: Sendable, Equatable {
        public var tensor: Int
        public var start, stride, count: Int
    }

    /// Calls `body` with the runs of `elements`, counted in Serre's row-major order, one after the other.
    public func runs<E: Error>(of elements: Range<Int>, _ body: (Run) throws(E) -> Void) throws(E) {
        if order.parts.count == 1, !isTransposed {
            return try body(Run(tensor: 0, start: elements.lowerBound, stride: 1, count: elements.count))
        }
        var next = elements.lowerBound
        while next < elements.upperBound {
            let (row, column) = next.quotientAndRemainder(dividingBy: columns)
            let count = min(columns - column, elements.upperBound - next)
            let fileRow = order.fileRow(of: row)
            let index = tensors.firstIndex { $0.rows.contains(fileRow) } ?? 0
            let (held, tensorRow) = (tensors[index].rows.count, fileRow - tensors[index].rows.lowerBound)
            try body(
                isTransposed
                    ? Run(tensor: index, start: column * held + tensorRow, stride: held, count: count)
                    : Run(tensor: index, start: tensorRow * columns + column, stride: 1, count: count))
            next += count
        }
    }

    /// Calls `body` with all values of a tensor in the file's order, some rows at a time, so that no second copy is made.
    ///
    /// `values` are the whole parameter's, in Serre's order.
    public func inFileOrder<E: Error>(
        _ tensor: Tensor, of values: [Float], _ body: (UnsafeRawBufferPointer) throws(E) -> Void
    ) throws(E) {
        precondition(values.count == rows * columns, "the values of \(parameter) are not all there")
        if order.parts.count == 1, !isTransposed { return try values.withBytes(body) }
        let outer = isTransposed ? columns : tensor.rows.count
        let serreRows = tensor.rows.map { order.row(ofFileRow: $0) }
        var band: [Float] = []
        for first in stride(from: 0, to: outer, by: Self.rowsPerBand) {
            band.removeAll(keepingCapacity: true)
            for line in first..<min(first + Self.rowsPerBand, outer) {
                if isTransposed {
                    for row in serreRows { band.append(values[row * columns + line]) }
                } else {
                    band += values[serreRows[line] * columns..<(serreRows[line] + 1) * columns]
                }
            }
            try band.withBytes(body)
        }
    }

    private static let rowsPerBand = 64
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
