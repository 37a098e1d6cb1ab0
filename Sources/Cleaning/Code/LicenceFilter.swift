/// Keeps documents under a licence of a list.
///
/// The licence comes from outside the text (the source's statement), so a stage is made for each licence met. ROOTS
/// meant to leave GPL code out and by mistake kept nothing else: hence a list of what is allowed, and names compared
/// whole, without regard to case.
public struct LicenceFilter: CleaningStage {
    /// The document's licence, as its source states it; `nil` where it states none.
    public var licence: String?
    public var allowed: [String]
    public var name: String { "licence" }

    public init(licence: String?, allowed: [String]) {
        self.licence = licence
        self.allowed = allowed
    }

    public func apply(to text: inout [UInt8]) -> StageOutcome {
        guard let licence else { return .dropped(reason: "no licence stated") }
        let isAllowed = allowed.contains { $0.lowercased() == licence.lowercased() }
        return isAllowed ? .kept(measure: licence) : .dropped(reason: "\(licence) is not among the allowed licences")
    }
}
