import Diagnostics
import Ingestion
import Integrity
import Synchronization

/// Cleans what a unit gave in batches; workers that have no unit of their own help with those of others.
///
/// A compressed file or an archive is one unit, since it can only be read from its beginning: with few of them, the
/// documents are what workers share. The results lie in the order of reading, and no document sees another, so that
/// nobody can tell from them who helped.
struct BatchCleaner: Sendable {
    private let spare: SpareWorkers
    private let cleaners: CleanerStash

    /// The worker that reads a unit gathers a batch of so many bytes of text, or of so many things.
    static let bytesMax = 1 << 20
    static let countMax = 1024

    init(spare: SpareWorkers, make: @escaping @Sendable () -> DocumentCleaner) {
        (self.spare, cleaners) = (spare, CleanerStash(make))
    }

    /// What became of a thing that was read.
    enum Cleaned: Sendable {
        case document(UnitDocument, text: [UInt8])
        case skip(SkippedInput)

        var isDocument: Bool {
            if case .document = self { return true }
            return false
        }
    }

    func clean(_ items: [IngestedItem], of source: Int) throws(Diagnostic) -> [Cleaned] {
        let helpers = items.count > 1 ? spare.takeAll() : 0
        defer { spare.add(helpers) }
        let cleaned = Mutex([Cleaned?](repeating: nil, count: items.count))
        try WorkerPool(workers: 1 + helpers).run(
            count: items.count, state: { cleaners.take() }, end: { cleaners.give($0) }
        ) { (number, cleaner) throws(Diagnostic) in
            let result: Cleaned
            switch items[number] {
            case .document(let raw):
                let (document, text) = try cleaner.clean(raw, of: source)
                result = .document(document, text: text)
            case .skip(let skipped): result = .skip(skipped)
            }
            cleaned.withLock { $0[number] = result }
        }
        return cleaned.withLock { $0.compactMap(\.self) }
    }
}

/// How many workers of a pass have nothing to do.
final class SpareWorkers: Sendable {
    private let count: Mutex<Int>

    init(_ count: Int) { self.count = Mutex(count) }

    func add(_ more: Int) { count.withLock { $0 += more } }

    /// Takes those that there are; whoever takes them adds them again.
    func takeAll() -> Int {
        count.withLock { count in
            defer { count = 0 }
            return count
        }
    }
}

/// The cleaners that are not in use: each learns stages and keeps buffers, and serves one thread at a time.
///
/// The lock guards the list, and a cleaner that was taken is its taker's alone.
private final class CleanerStash: @unchecked Sendable {
    private let lock = Mutex(())
    private var unused = [DocumentCleaner]()
    private let make: @Sendable () -> DocumentCleaner

    init(_ make: @escaping @Sendable () -> DocumentCleaner) { self.make = make }

    func take() -> DocumentCleaner {
        var found: DocumentCleaner?
        lock.withLock { _ in found = unused.popLast() }
        return found ?? make()
    }

    func give(_ cleaner: DocumentCleaner) {
        lock.withLock { _ in unused.append(cleaner) }
    }
}
