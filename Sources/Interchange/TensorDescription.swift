/// A tensor without its data: name, element type and shape.
public struct TensorDescription: Sendable, Equatable {
    public var name: String
    public var type: ElementType
    /// The dimensions, outermost first; empty for a single number.
    public var shape: [Int]

    public init(_ name: String, _ type: ElementType, shape: [Int]) {
        self.name = name
        self.type = type
        self.shape = shape
    }

    /// Bytes of the whole tensor; `nil` when a dimension is negative or the product does not fit.
    public var byteCount: Int? {
        var product = type.byteCount
        // An empty dimension makes the tensor empty whatever the others are, but the others must be sound too.
        for size in shape where size != 0 {
            let (next, overflows) = product.multipliedReportingOverflow(by: size)
            guard size > 0, !overflows else { return nil }
            product = next
        }
        return shape.contains(0) ? 0 : product
    }
}
