extension TextFormat {
    /// The text in a file's bytes, which are valid UTF-8; the result is, too.
    func text(of bytes: [UInt8]) -> [UInt8] {
        switch self {
        case .plain: return bytes
        case .html:
            var extractor = HTMLText(bytes)
            return extractor.run()
        case .manual:
            var extractor = ManualText()
            for line in bytes.split(separator: 10, omittingEmptySubsequences: false) { extractor.take(line) }
            return extractor.finish()
        }
    }
}
