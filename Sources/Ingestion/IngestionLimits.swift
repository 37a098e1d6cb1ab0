/// The bounds that keep a reader's memory and time finite whatever a source holds.
///
/// A document over a bound is a named skip; a compressed file that swells beyond reason is refused altogether.
public struct IngestionLimits: Sendable, Equatable {
    /// The longest document or line, in bytes; a longer one is skipped as `too-long` without being held.
    public var maximumDocumentBytes = 64 << 20
    /// How many times its own size a compressed file may swell to, once it has given ``freeExpansionBytes``.
    public var maximumExpansion = 200
    /// What any compressed file may give before its expansion is looked at, in bytes.
    public var freeExpansionBytes = 64 << 20
    /// The most that one compressed file may give, in bytes.
    public var maximumExpandedBytes = 256 << 30
    /// The size that units are cut to, in bytes as stored; a unit holds at least one document.
    public var unitBytes = 8 << 20
    /// The most files in a unit.
    public var unitFiles = 512

    public init() {}
}
