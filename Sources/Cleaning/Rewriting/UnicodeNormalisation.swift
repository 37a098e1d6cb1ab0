/// Brings characters into one form: no byte-order marks or control characters, plain spaces, composed letters.
///
/// - Byte-order marks, zero-width spaces, soft hyphens, control characters (other than white space) and invisible
///   format controls are removed; joiners, direction marks and variation selectors stay, as they carry meaning.
/// - Every space separator (no-break, thin, ideographic …) becomes U+0020, every line or paragraph separator and
///   U+0085 a line feed.
/// - Then the text is brought into the normalisation form asked for (Unicode Standard Annex 15).
public struct UnicodeNormalisation: CleaningStage {
    /// A Unicode normalisation form, or none.
    public enum Form: String, Sendable, CaseIterable {
        case none
        /// Canonical composition.
        case nfc
        /// Compatibility composition: also turns ligatures, full-width letters, superscripts … into plain letters.
        case nfkc
    }

    public var form: Form
    public var name: String { "unicode" }

    public init(form: Form = .nfc) { self.form = form }

    public func apply(to text: inout [UInt8]) -> StageOutcome {
        let replaced = Self.replaceUnwanted(in: &text)
        let isRecomposed = compose(&text)
        switch (replaced, isRecomposed) {
        case (0, false): return .kept(measure: nil)
        case (_, false): return .changed(detail: "\(replaced) control characters or spaces")
        case (0, true): return .changed(detail: form.rawValue.uppercased())
        default: return .changed(detail: "\(replaced) control characters or spaces, \(form.rawValue.uppercased())")
        }
    }

    /// Brings the text into ``form``; whether that changed it.
    private func compose(_ text: inout [UInt8]) -> Bool {
        let table: NormalFormTable
        switch form {
        case .none: return false
        case .nfc: table = .canonical
        case .nfkc: table = .compatibility
        }
        if table.isNormal(text) { return false }
        let bytes = table.normalised(text)
        if bytes == text { return false }
        text = bytes
        return true
    }

    /// Removes unwanted characters and replaces unusual spaces, in place; returns how many there were.
    private static func replaceUnwanted(in text: inout [UInt8]) -> Int {
        let table = CharacterTable.shared
        var replaced = 0
        let kept = text.withUnsafeMutableBufferPointer { text in
            let bytes = UnsafeBufferPointer(text)
            var write = 0
            var read = 0
            while read < bytes.count {
                var start = read
                while read < bytes.count, isPlain(bytes[read]) { read &+= 1 }
                if read > start {
                    copy(start..<read, in: text, to: &write)
                    if read == bytes.count { break }
                    start = read
                }
                let scalar = readScalar(bytes, &read)
                let kind = table.characterClass(scalar)
                if kind.contains(.unwanted) {
                    replaced &+= 1
                } else if scalar >= 0x80, kind.contains(.space) {
                    text[write] = scalar == 0x85 || scalar == 0x2028 || scalar == 0x2029 ? 0x0A : 0x20
                    write &+= 1
                    replaced &+= 1
                } else {
                    copy(start..<read, in: text, to: &write)
                }
            }
            return write
        }
        text.removeLast(text.count - kept)
        return replaced
    }

    /// Whether a byte is a character that stays as it is: ASCII without control characters, but with line feeds.
    @inline(__always)
    private static func isPlain(_ byte: UInt8) -> Bool { (byte >= 0x20 && byte < 0x7F) || byte == 0x0A }

    /// Copies bytes to an earlier place, or leaves them where they are.
    @inline(__always)
    private static func copy(_ range: Range<Int>, in text: UnsafeMutableBufferPointer<UInt8>, to write: inout Int) {
        if write != range.lowerBound, let base = text.baseAddress {
            (base + write).update(from: base + range.lowerBound, count: range.count)
        }
        write &+= range.count
    }
}
