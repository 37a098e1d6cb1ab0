/// A number with the source that says so.
public struct Figure: Sendable, Equatable {
    public var value: Double
    /// A publication, a specification, a measurement, or the word assumption with its reason.
    public var source: String

    public init(_ value: Double, source: String) {
        self.value = value
        self.source = source
    }
}
