/// A number with the source that says so.
public struct Figure: Sendable, Equatable {
    public var value: Double
    /// A publication, a specification, a measurement, or the word assumption with its reason.
    public var source: String
    /// What the number holds for, such as a country or a machine; `nil` where the source says it all.
    public var scope: String?
    /// The year it holds for; `nil` where that does not matter.
    public var year: Int?

    public init(_ value: Double, source: String, scope: String? = nil, year: Int? = nil) {
        self.value = value
        self.source = source
        self.scope = scope
        self.year = year
    }
}
