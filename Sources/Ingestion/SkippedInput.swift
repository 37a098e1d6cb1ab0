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

extension SkippedInput {
    /// The reasons that reading itself gives.
    public enum Reason: String, Sendable, CaseIterable {
        /// No text, or white space only.
        case empty
        /// A zero byte: binary data.
        case nulByte = "nul-byte"
        /// Not valid UTF-8; the detail names the byte's offset in the (expanded) file.
        case invalidUTF8 = "invalid-utf8"
        /// A document or line over ``IngestionLimits/maximumDocumentBytes``.
        case tooLong = "too-long"
        /// A line that is no JSON object; the place names the line.
        case notJSON = "not-json"
        /// Half of a surrogate pair in a JSON text, which no UTF-8 can hold.
        case loneSurrogate = "lone-surrogate"
        /// An object without a text under the text's key.
        case noText = "no-text"
        /// A value under the language's key that is no language code.
        case badLanguage = "bad-language"
        /// A file of one document that was there when its folder was listed, and is gone.
        case vanished
        /// A file or folder that the system does not let us read.
        case unreadable
        /// A compressed file or archive that ends early or is damaged; what came before is kept.
        case damagedArchive = "damaged-archive"
        /// A link, where following it would leave the root, go round in circles, or lead nowhere.
        case link
        /// A socket, pipe or device.
        case notAFile = "not-a-file"
        /// Another repository inside a git tree.
        case submodule
    }

    init(_ place: String, _ reason: Reason, _ detail: String? = nil) {
        self.init(place: place, reason: reason.rawValue, detail: detail)
    }
}
