/// Tables and buffers of one worker, kept from document to document so that cleaning allocates next to nothing.
///
/// It also remembers the words of the text that was measured last, for stages that look at the same text. It belongs
/// to one worker at a time.
public final class CleaningScratch {
    var words = WordScan()
    var counts = CountTable()
    var bytes: [UInt8] = []
    var features: [UInt32] = []
    private var isScanned = false

    public init() {}

    /// Must be called when the text is another one than at the last call of a stage.
    public func forgetText() { isScanned = false }

    /// The words and character counts of `text`, counted once until ``forgetText()``.
    func scan(_ text: [UInt8]) -> WordScan {
        if !isScanned {
            words.scan(text)
            isScanned = true
        }
        return words
    }
}
