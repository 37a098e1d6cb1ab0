import Diagnostics
import Recipes

/// One training step that somebody measured and published: what was run, on what, and how long it took.
///
/// `nil` is what the source does not say.
public struct MeasuredRow: Sendable, Equatable {
    /// File and line.
    public var place: Diagnostic.Location
    public var id: String
    public var source: String
    public var hardware: String
    public var framework: String
    public var notes: String

    public var accelerators: Int?
    public var acceleratorsPerNode: Int?

    public var layers: Int?
    public var hidden: Int?
    public var heads: Int?
    public var keyValueHeads: Int?
    public var ffn: Int?
    public var sequenceLength: Int?
    public var vocabulary: Int?

    public var tensor: Int?
    public var pipeline: Int?
    public var interleave: Int?
    public var data: Int?
    public var zero: Int?
    public var microBatch: Int?
    public var globalBatch: Int?
    public var sequenceParallel: Bool?
    public var recompute: Layout.Recompute?
    /// As the source calls it; `nil` if it does not say.
    public var precision: String?

    public var secondsPerStep: Double?
    public var teraflopsPerSecond: Double?
    /// Of the accelerator that holds most, in GiB: as nvidia-smi shows it or as the framework counts it.
    public var memoryGiB: Double?
    /// Whether the run ended for want of memory; then nothing else was measured.
    public var ranOutOfMemory: Bool

    /// Any of `words` in the notes, whatever their case.
    func mentions(_ words: String...) -> Bool {
        let notes = notes.lowercased()
        return words.contains { notes.contains($0) }
    }
}
