/// Long random strings.
extension RedactionScan {
    static let keyBytesMin = 20

    /// Keys in a stretch that no span reaches into.
    mutating func findKeys(_ gap: Range<Int>) {
        var index = gap.lowerBound
        while index < gap.upperBound {
            guard isKeyByte(bytes[index]) else {
                index += 1
                continue
            }
            let start = index
            while index < gap.upperBound && isKeyByte(bytes[index]) { index += 1 }
            if index - start >= Self.keyBytesMin { examineRun(start..<index, gap) }
        }
    }

    /// A run may be one key with `+` and `/` in it, or a path of which a part is one.
    private mutating func examineRun(_ run: Range<Int>, _ gap: Range<Int>) {
        if isKey(run, changesPerHundredMin: 30) && !hasWord(run) {
            spans.add(withPadding(run, gap), .key)
            return
        }
        var start = run.lowerBound
        for end in run.lowerBound...run.upperBound
        where end == run.upperBound || bytes[end] == UInt8(ascii: "/") || bytes[end] == UInt8(ascii: "+") {
            if end - start >= Self.keyBytesMin && isKey(start..<end, changesPerHundredMin: 25) {
                spans.add(end == run.upperBound ? withPadding(start..<end, gap) : start..<end, .key)
            }
            start = end + 1
        }
    }

    /// Whether a part between slashes and plus signs is a word in small letters, as in paths.
    private func hasWord(_ run: Range<Int>) -> Bool {
        bytes[run].split(whereSeparator: { $0 == UInt8(ascii: "/") || $0 == UInt8(ascii: "+") })
            .contains { $0.count >= 3 && $0.allSatisfy(\.isLower) }
    }

    /// With up to two `=` behind it, the padding of base64.
    private func withPadding(_ run: Range<Int>, _ gap: Range<Int>) -> Range<Int> {
        var end = run.upperBound
        while end < gap.upperBound && end - run.upperBound < 2 && bytes[end] == UInt8(ascii: "=") { end += 1 }
        return run.lowerBound..<end
    }

    private func isKeyByte(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "_"), UInt8(ascii: "-"), UInt8(ascii: "+"), UInt8(ascii: "/"): true
        default: byte.isLetterOrDigit
        }
    }

    /// Random strings change often between digits and the two cases; words and names in camel case do not.
    private func isKey(_ run: Range<Int>, changesPerHundredMin: Int) -> Bool {
        var (digits, letters, changes) = (0, 0, 0)
        var counts = [Int](repeating: 0, count: 128)
        var previous: UInt8 = 0
        for byte in bytes[run] {
            if byte.isDigit {
                digits += 1
                if previous.isLetter { changes += 1 }
            } else if byte.isLetter {
                letters += 1
                if previous.isDigit || previous.isLower && byte.isUpper { changes += 1 }
            }
            if byte.isLetterOrDigit { counts[Int(byte)] += 1 }
            previous = byte
        }
        let count = digits + letters
        guard count >= Self.keyBytesMin - 4, digits >= 1, letters >= 3 else { return false }
        if hasKnownPrefix(run) { return true }
        // The effective alphabet n² / Σ count², at least 7: equal to 7 letters that are equally frequent.
        let squares = counts.reduce(0) { $0 + $1 * $1 }
        return digits >= 3 && count >= Self.keyBytesMin && changes * 100 >= count * changesPerHundredMin
            && count >= 7 * squares / count
    }

    private func hasKnownPrefix(_ run: Range<Int>) -> Bool {
        Self.prefixes.contains { bytes[run].starts(with: $0.utf8) }
    }

    /// How access keys of some services begin.
    private static let prefixes = [
        "AKIA", "ASIA", "AIza", "ghp_", "gho_", "ghu_", "ghs_", "github_pat_", "glpat-", "xoxb-", "xoxp-", "sk_live_",
        "sk_test_", "rk_live_", "npm_", "hf_", "pypi-",
    ]
}
