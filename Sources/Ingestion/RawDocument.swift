/// A document as its source gives it, before any stage has seen it.
public struct RawDocument: Sendable, Equatable {
    /// The text: valid UTF-8 without NUL bytes.
    public var text: [UInt8]
    /// The language that the source states, such as `fr` or `zh-Hant`; `nil` where it states none.
    public var language: String?
    /// The place below the source's root, or `file.jsonl:12`: with the source's name, where anybody can find it again.
    public var place: String
    /// The address that the text was taken from, if the source states one.
    public var url: String?
    /// The licence that is stated for this document alone.
    public var licence: String?

    public init(
        text: [UInt8], language: String? = nil, place: String, url: String? = nil, licence: String? = nil
    ) {
        self.text = text
        self.language = language
        self.place = place
        self.url = url
        self.licence = licence
    }
}
