import Integrity

/// Some files of a git revision, in order, with what was skipped among them.
struct BlobList: Sendable, Equatable {
    var elements: [Element] = []
    /// The bytes of the files.
    var bytes = 0

    enum Element: Sendable, Equatable {
        case blob(Blob)
        case skip(SkippedInput)
    }

    struct Blob: Sendable, Equatable {
        var path: String
        /// The bytes of the object's id.
        var id: [UInt8]
        var size: Int
        var language: String?
    }

    /// The unit that reads these files.
    var unit: WorkUnit {
        var hash = SHA256()
        var first = ""
        for element in elements.reversed() {
            switch element {
            case .blob(let blob):
                hash.update("\(blob.path)\0".utf8)
                hash.update(blob.id)
                first = blob.path
            case .skip(let skipped):
                hash.update("\(skipped.place)\0".utf8)
                first = skipped.place
            }
        }
        return WorkUnit(id: "\(first)+\(elements.count)", bytes: bytes, stamp: hash.finish(), content: .blobs(self))
    }
}
