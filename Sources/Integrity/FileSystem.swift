import Diagnostics

/// The operations on files by which a run keeps its state: everything that can go wrong with a disk goes wrong here.
///
/// ``SystemFiles`` is the machine's own; a simulated disk can stand in for it, which loses what was not flushed, tears
/// writes or runs full.
public protocol FileSystem: Sendable {
    /// Makes a folder and those above it; no error if it is there.
    func makeFolder(_ path: String) throws(Diagnostic)
    /// Opens a file for writing: a new one, or an old one emptied.
    func create(_ path: String) throws(Diagnostic) -> any WritableFile
    /// Gives a file or folder another name in one step, replacing a file or an empty folder of that name.
    func rename(_ path: String, to name: String) throws(Diagnostic)
    /// Removes a file, or a folder with all that it holds; `false` if it is still there.
    @discardableResult
    func remove(_ path: String) -> Bool
    /// Flushes the folder that holds `path`, so that names given, taken and removed in it survive a power cut.
    func flushFolder(of path: String)
    /// The names in a folder, sorted; none if it is not there.
    func names(in folder: String) -> [String]
    /// Whether there is a file or a folder of this name.
    func exists(_ path: String) -> Bool
    /// The length of a file; `nil` if it is not there.
    func size(of path: String) -> Int?
    /// The whole of a file; `nil` if it cannot be read.
    func contents(of path: String) -> [UInt8]?
}

/// A file that is being written.
public protocol WritableFile {
    /// Writes the first of some bytes, at least one; how many they were. A disk may take fewer than it is given.
    func append(_ bytes: UnsafeRawBufferPointer) throws(Diagnostic) -> Int
    /// Makes what was appended survive a power cut.
    func flush() throws(Diagnostic)
    func close() throws(Diagnostic)
}
