import Storage

/// Where the large things that a run read and saved are on this machine, as the caller found them.
public struct RunInputs: Sendable {
    /// The run's folder, with `recipe.yaml` and `checkpoints/`; `nil` when there is none here.
    public var folder: String?
    /// Where the run's folder was looked for.
    public var foldersTried: [String] = []
    /// The corpus files that the record's `data/manifest.json` lists, the manifest itself first.
    public var corpus: [StoredFile] = []
    /// The Serre that runs now.
    public var serre: RecordManifest.Serre

    public init(folder: String?, serre: RecordManifest.Serre) { (self.folder, self.serre) = (folder, serre) }
}
