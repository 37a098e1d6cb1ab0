/// Measures how unusual a text is under an n-gram model of its language, and drops it beyond a limit if one is given.
///
/// The unit is bits per byte of ``ByteModel``: a figure of clean text is some 1.5 to 2.5, of word salad or another
/// language 4 and more. ROOTS' published limits (``FilterParameters/publishedPerplexityMax``) are perplexities per
/// SentencePiece piece under its own KenLM models, another unit: so without a limit of the user's own this stage only
/// reports.
public struct PerplexityFilter: CleaningStage {
    public var model: ByteModel
    /// `nil` measures only.
    public var bitsPerByteMax: Double?
    public var name: String { "perplexity" }

    public init(model: ByteModel, bitsPerByteMax: Double? = nil) {
        self.model = model
        self.bitsPerByteMax = bitsPerByteMax
    }

    public func apply(to text: inout [UInt8]) -> StageOutcome {
        guard let bits = model.bitsPerByte(of: text) else { return .kept(measure: nil) }
        guard let bitsPerByteMax else {
            return .kept(measure: "\(Limit.text(bits, beside: .infinity)) bits per byte")
        }
        switch Limit(side: .atMost, value: bitsPerByteMax).judge(bits) {
        case .kept(let measure): return .kept(measure: measure.map { $0 + " bits per byte" })
        case .dropped(let reason): return .dropped(reason: reason + " bits per byte")
        case .changed(let detail): return .changed(detail: detail)
        }
    }
}
