/// Brings code into plain form without touching what it means: no byte-order mark, line feeds only.
public struct CodeNormalisation: CleaningStage {
    public var name: String { "code-line-ends" }

    public init() {}

    public func apply(to text: inout [UInt8]) -> StageOutcome {
        let before = text.count
        if text.starts(with: [0xEF, 0xBB, 0xBF]) { text.removeFirst(3) }
        let returns = Self.replaceReturns(in: &text)
        if returns > 0 { return .changed(detail: "\(returns) carriage returns") }
        return text.count == before ? .kept(measure: nil) : .changed(detail: "byte-order mark")
    }

    private static func replaceReturns(in text: inout [UInt8]) -> Int {
        guard text.contains(0x0D) else { return 0 }
        var returns = 0
        var plain: [UInt8] = []
        plain.reserveCapacity(text.count)
        for (index, byte) in text.enumerated() {
            if byte != 0x0D {
                plain.append(byte)
            } else {
                returns += 1
                if index + 1 == text.count || text[index + 1] != 0x0A { plain.append(0x0A) }
            }
        }
        text = plain
        return returns
    }
}
