/// Something in a source that gave no document: named and counted, never passed over in silence.
public struct SkippedInput: Sendable, Equatable {
    /// The place below the source's root, or `file.jsonl:12`.
    public var place: String
    /// Why, as a stable word such as `invalid-utf8`, `too-long`, `vanished`.
    public var reason: String
    /// What was found, for people.
    public var detail: String?

    public init(place: String, reason: String, detail: String? = nil) {
        self.place = place
        self.reason = reason
        self.detail = detail
    }
}
