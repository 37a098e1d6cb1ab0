import Diagnostics

/// One member's share of a gather of byte payloads, whose sizes may differ from member to member.
///
/// Every member of the group makes one with the same group, tag and root; ``step(_:)`` never blocks.
/// Used for block sums in float64 and for digests, which the receivers then combine in member order.
public final class ByteGather {
    private let group: [Int]
    private let member: Int
    private let tag: UInt32
    private let receives: Bool
    private let root: Int?
    private let own: Payload
    private var hasSent = false
    /// The payloads so far, in member order.
    private var payloads: [Payload] = []

    /// Prepares the share of `group[member]`; every member receives all payloads, or only member `root` if one is named.
    public init(group: [Int], member: Int, tag: UInt32, payload: Payload, root: Int? = nil) {
        precondition(group.indices.contains(member), "no member \(member) in a group of \(group.count)")
        precondition(root.map(group.indices.contains) ?? true, "the root is not a member")
        self.group = group
        self.member = member
        self.tag = tag
        self.root = root
        receives = root == nil || root == member
        own = payload
    }

    /// Goes as far as the arrived messages allow; `true` when this member's share is done.
    public func step(_ fabric: any Fabric) throws(Diagnostic) -> Bool {
        if !hasSent {
            for other in group.indices where other != member && (root == nil || root == other) {
                fabric.send(own, from: group[member], to: group[other], tag: tag)
            }
            hasSent = true
        }
        guard receives else { return true }
        while payloads.count < group.count {
            let sender = payloads.count
            if sender == member {
                payloads.append(own)
            } else {
                guard let payload = try fabric.take(from: group[sender], to: group[member], tag: tag) else {
                    return false
                }
                payloads.append(payload)
            }
        }
        return true
    }

    /// The rank whose payload is missing; `nil` when none is.
    public var awaited: Int? { receives && payloads.count < group.count ? group[payloads.count] : nil }

    /// All members' payloads in member order once this share is done; empty for a member that is not the root.
    public var gathered: [Payload] { payloads.count == group.count ? payloads : [] }
}
