import Diagnostics
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

    /// Opens the file, which must be as it was.
    ///
    /// Stops the reading with `ingestion.source-changed` where it is another one or gone: it may hold any number of documents,
    /// and a corpus without them would look whole.
    func open(range: Range<Int>? = nil) throws(InputProblem) -> FileInput {
        do throws(InputProblem) {
            let input = try FileInput(path, range: range)
            if input.size == size, input.modified == modified {
                input.expected = self
                return input
            }
        } catch {
            guard case .skip(.vanished, _) = error else { throw error }
            throw changed(
                "the file has vanished since the source was looked through", "put it back, or begin again without it")
        }
        throw changed("the file has changed since the source was looked through")
    }

    func changed(_ message: String, _ remedy: String = "begin again when nothing writes to it") -> InputProblem {
        .stop(
            Diagnostic("ingestion.source-changed", message, at: .init(file: path), remedy: remedy, kind: .failure))
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
