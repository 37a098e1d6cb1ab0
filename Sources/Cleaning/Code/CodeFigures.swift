/// What the filters for code look at, counted in one pass.
struct CodeFigures: Equatable {
    private(set) var characters = 0
    /// In characters, without the line feed.
    private(set) var longestLine = 0
    /// Characters other than letters, marks, numbers and `_`.
    private(set) var specials = 0
    private var tokens = 0
    private var tokenLengths = 0
    private var tokenSquares = 0.0

    var specialRatio: Double { characters == 0 ? 0 : Double(specials) / Double(characters) }

    /// The standard deviation (of the population) of the lengths of what stands between white space; 0 for nothing.
    var tokenLengthDeviation: Double {
        guard tokens > 0 else { return 0 }
        let mean = Double(tokenLengths) / Double(tokens)
        return max(0, tokenSquares / Double(tokens) - mean * mean).squareRoot()
    }

    init(_ text: [UInt8]) {
        text.withUnsafeBufferPointer { count($0) }
    }

    private mutating func count(_ bytes: UnsafeBufferPointer<UInt8>) {
        let table = CharacterTable.shared
        var index = 0
        var line = 0
        var token = 0
        while index < bytes.count {
            let scalar = readScalar(bytes, &index)
            characters &+= 1
            let kind = table.characterClass(scalar)
            if kind.contains(.special), !kind.contains(.number), scalar != 0x5F { specials &+= 1 }
            if kind.contains(.space) {
                endToken(&token)
            } else {
                token &+= 1
            }
            if scalar == 0x0A {
                longestLine = max(longestLine, line)
                line = 0
            } else {
                line &+= 1
            }
        }
        longestLine = max(longestLine, line)
        endToken(&token)
    }

    private mutating func endToken(_ token: inout Int) {
        if token == 0 { return }
        tokens &+= 1
        tokenLengths &+= token
        tokenSquares += Double(token) * Double(token)
        token = 0
    }
}
