/// One walk over a text: stretches without white space are looked at closely if they have the bytes that a match needs.
struct RedactionScan {
    let bytes: UnsafeBufferPointer<UInt8>
    private let rules: RedactionRules
    /// All spans so far, and those of the stretch at hand.
    private var found = RedactionSpans()
    var spans = RedactionSpans()

    init(_ bytes: UnsafeBufferPointer<UInt8>, _ rules: RedactionRules) {
        self.bytes = bytes
        self.rules = rules
    }

    /// The matches in the text's order.
    mutating func matches() -> [(range: Range<Int>, kind: PersonalDataKind)] {
        var index = 0
        ByteClass.table.withUnsafeBufferPointer { classes in
            while index < bytes.count {
                let start = index
                var seen: UInt8 = 0
                while index < bytes.count {
                    let byteClass = classes[Int(bytes[index])]
                    if byteClass == ByteClass.separator { break }
                    seen |= byteClass
                    index += 1
                }
                // One comparison leaves out what most words are: short, without a digit, an at sign or a colon.
                if seen & (ByteClass.digit | ByteClass.at | ByteClass.colon) != 0 { examine(start..<index, seen) }
                while index < bytes.count && classes[Int(bytes[index])] == ByteClass.separator { index += 1 }
            }
        }
        found.endPass()
        // These may have spaces in them, and yield to all others.
        if rules.numbers || rules.identifiers {
            spans = found
            let whole = 0..<bytes.count
            if rules.numbers { pass { scan in for gap in scan.spans.gaps(in: whole) { scan.findNumbers(gap) } } }
            if rules.identifiers {
                pass { scan in for gap in scan.spans.gaps(in: whole) { scan.findIdentifiers(gap) } }
            }
            found = spans
        }
        return found.spans.compactMap { span in span.kind.map { (span.range, $0) } }
    }

    private mutating func examine(_ stretch: Range<Int>, _ seen: UInt8) {
        func has(_ classes: UInt8) -> Bool { seen & classes == classes }
        let mayBeAt = has(ByteClass.at) && (rules.emails || rules.users)
        let mayBeAddress =
            rules.addresses && has(ByteClass.digit) && stretch.count >= 4
            && seen & (ByteClass.dot | ByteClass.colon) != 0
        let mayBeKey =
            rules.keys && has(ByteClass.digit | ByteClass.letter) && stretch.count >= Self.keyBytesMin
        let mayBeReplacement = (rules.numbers || rules.identifiers) && has(ByteClass.colon)
        guard mayBeAt || mayBeAddress || mayBeKey || mayBeReplacement else { return }
        spans.removeAll()
        if has(ByteClass.colon | ByteClass.letter) { pass { $0.findReplacements(stretch) } }
        if mayBeAt { pass { $0.findAtSigns(stretch, emails: $0.rules.emails, users: $0.rules.users) } }
        if mayBeKey { pass { scan in for gap in scan.spans.gaps(in: stretch) { scan.findKeys(gap) } } }
        // Between the spans: what stands around an address matters, and must be the same the second time.
        if mayBeAddress { pass { scan in for gap in scan.spans.gaps(in: stretch) { scan.findAddresses(gap) } } }
        for span in spans.spans { found.add(span.range, span.kind) }
    }

    private mutating func pass(_ body: (inout RedactionScan) -> Void) {
        body(&self)
        spans.endPass()
    }

    /// `PI:KEY` and the like, wherever they stand.
    private mutating func findReplacements(_ stretch: Range<Int>) {
        var index = stretch.lowerBound
        while index + 5 <= stretch.upperBound {
            if bytes[index] == UInt8(ascii: "P"), bytes[index + 1] == UInt8(ascii: "I"),
                bytes[index + 2] == UInt8(ascii: ":"), let end = tagEnd(index + 3, stretch.upperBound)
            {
                spans.add(index..<end, nil)
                index = end
            } else {
                index += 1
            }
        }
    }

    private func tagEnd(_ start: Int, _ end: Int) -> Int? {
        for kind in PersonalDataKind.allCases {
            let tag = kind.rawValue.utf8
            if start + tag.count <= end, bytes[start..<start + tag.count].elementsEqual(tag) {
                return start + tag.count
            }
        }
        return nil
    }
}
