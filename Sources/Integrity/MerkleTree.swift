/// The root of a binary Merkle tree over digests, in order; an odd node at the end of a level rises unchanged.
///
/// A node is `SHA-256(0x01 ‖ left ‖ right)`; leaves are expected to be hashed by the caller with another first byte
/// where they could be mistaken for nodes. The root of no leaves is the digest of the empty message.
public func merkleRoot(_ leaves: [Digest]) -> Digest {
    guard !leaves.isEmpty else { return SHA256.digest(of: [UInt8]()) }
    var level = leaves
    while level.count > 1 {
        level = stride(from: 0, to: level.count, by: 2).map { i in
            i + 1 < level.count ? SHA256.digest(of: [1] + level[i].bytes + level[i + 1].bytes) : level[i]
        }
    }
    return level[0]
}
