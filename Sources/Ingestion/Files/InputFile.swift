import Foundation
import Integrity

/// A file as it was when units were cut: where it is, what it is called in places, its size and time.
struct InputFile: Sendable, Equatable {
    /// Where to open it.
    var path: String
    /// Its name below the source's root.
    var place: String
    /// In bytes.
    var size: Int
    /// When it was last written, in nanoseconds since 1970.
    var modified: Int

    init(path: String, place: String, status: stat) {
        (self.path, self.place) = (path, place)
        (size, modified) = (Int(status.st_size), status.modifiedNanoseconds)
    }

    /// The stamp of a unit in this file; `detail` tells it from other units there.
    func stamp(_ detail: String = "") -> Digest { stamp(after: SHA256.digest(of: detail.utf8)) }

    /// A digest of this state of the file and of what came before it.
    func stamp(after earlier: Digest) -> Digest {
        var hash = SHA256()
        hash.update(earlier.bytes)
        hash.update("\(place)\0\(size)\0\(modified)".utf8)
        return hash.finish()
    }
}
