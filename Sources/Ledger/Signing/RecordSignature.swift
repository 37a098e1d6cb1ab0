/// What the signature of one of a record's commits is worth.
public struct RecordSignature: Sendable, Equatable {
    public var standing: Standing
    /// The kind of signature; `nil` when there is none, or one of an unknown kind.
    public var format: SignatureFormat?
    /// Whose it is: the principal of the allowed-signers file, or the user id of the key.
    public var signer: String?
    /// The key: `SHA256:…` for SSH, the key id for the others.
    public var key: String?
    /// Why it stands so, for people.
    public var reason: String

    /// From best to worst, `none` aside.
    public enum Standing: String, Sendable, CaseIterable {
        /// The commit is not signed.
        case none
        /// It fits the commit, and the key belongs to a signer whom the configuration knows.
        case good
        /// It fits the commit, or cannot be checked, for the key is not known here.
        case unknownKey = "unknown-key"
        /// It fits the commit, but its key has expired or was revoked.
        case invalidKey = "invalid-key"
        /// No program here can check it.
        case unchecked
        /// It does not fit the commit: one of them was altered.
        case bad
    }
}
