/// Keeps code of a natural size: at most so many bytes, and a number of characters between two limits.
public struct CodeSizeFilter: CleaningStage {
    public var parameters: CodeParameters
    public var name: String { "code-size" }

    public init(_ parameters: CodeParameters = .init()) { self.parameters = parameters }

    public func apply(to text: inout [UInt8]) -> StageOutcome {
        if text.count > parameters.bytesMax { return Limit.judge(text.count, .atMost, parameters.bytesMax, "bytes") }
        return Limit.judge(
            CodeFigures(text).characters, above: parameters.charactersAbove, below: parameters.charactersBelow,
            "characters")
    }
}

/// Keeps code whose longest line is neither very short (data, stubs) nor very long (generated, minified).
public struct CodeLineFilter: CleaningStage {
    public var parameters: CodeParameters
    public var name: String { "code-lines" }

    public init(_ parameters: CodeParameters = .init()) { self.parameters = parameters }

    public func apply(to text: inout [UInt8]) -> StageOutcome {
        Limit.judge(
            CodeFigures(text).longestLine, above: parameters.longestLineAbove, below: parameters.longestLineBelow,
            "characters in the longest line")
    }
}

/// Keeps code whose tokens (what stands between white space) vary in length: those of tables of numbers don't.
public struct CodeTokenFilter: CleaningStage {
    public var parameters: CodeParameters
    public var name: String { "code-tokens" }

    public init(_ parameters: CodeParameters = .init()) { self.parameters = parameters }

    public func apply(to text: inout [UInt8]) -> StageOutcome {
        Limit(side: .moreThan, value: parameters.tokenLengthDeviationAbove)
            .judge(CodeFigures(text).tokenLengthDeviation)
    }
}

/// Keeps code with a natural share of white space and punctuation: encoded data has less, drawings have more.
public struct CodeCharacterFilter: CleaningStage {
    public var parameters: CodeParameters
    public var name: String { "code-characters" }

    public init(_ parameters: CodeParameters = .init()) { self.parameters = parameters }

    public func apply(to text: inout [UInt8]) -> StageOutcome {
        let ratio = CodeFigures(text).specialRatio
        if ratio <= parameters.specialCharactersAbove {
            return Limit(side: .moreThan, value: parameters.specialCharactersAbove).judge(ratio)
        }
        return Limit(side: .lessThan, value: parameters.specialCharactersBelow).judge(ratio)
    }
}
