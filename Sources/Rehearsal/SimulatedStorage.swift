import Diagnostics
import Integrity
import Scenarios

/// A disk in memory that keeps only what was flushed when its node dies, and whose every operation can go wrong.
///
/// Its promises are the weaker ones of POSIX: flushing a file makes its content survive, not its name; names survive
/// when their folder is flushed. Changes of names survive in order, as on a file system with a journal: of those not
/// flushed some first ones do. Of content not flushed some first bytes do.
final class SimulatedStorage: FileSystem, @unchecked Sendable {
    fileprivate final class File {
        var bytes: [UInt8] = []
        /// How many of the first bytes survive.
        var flushed = 0
    }

    private enum Entry {
        case folder
        case file(File)
    }

    private enum Change {
        case put(String, Entry)
        case move(String, String)
        case drop(String)
    }

    private var cluster: SimulatedCluster
    /// Bytes per second of writing and reading, and seconds that an operation takes beside.
    private let speed: StorageSpeed
    private var entries: [String: Entry] = [:]
    /// What the disk itself has, and the changes since.
    private var durable: [String: Entry] = [:]
    private var journal: [Change] = []

    init(_ cluster: SimulatedCluster, speed: StorageSpeed) {
        self.cluster = cluster
        self.speed = speed
    }

    /// Puts the disk into another machine.
    func move(to cluster: SimulatedCluster) { self.cluster = cluster }

    // MARK: Operations

    func makeFolder(_ path: String) throws(Diagnostic) {
        try operate("make a folder", path)
        var made = path.hasPrefix("/") ? "/" : ""
        for part in path.split(separator: "/") {
            made += (made.isEmpty || made == "/" ? "" : "/") + part
            if entries[made] == nil { change(.put(made, .folder)) }
        }
    }

    func create(_ path: String) throws(Diagnostic) -> any WritableFile {
        try operate("create", path)
        let file = File()
        change(.put(path, .file(file)))
        return Handle(storage: self, file: file, path: path)
    }

    func rename(_ path: String, to name: String) throws(Diagnostic) {
        try operate("rename", path)
        guard entries[path] != nil else { throw failure("file.write", "cannot finish the file: no such file", name) }
        if entries[name] != nil, !names(in: name).isEmpty {
            throw failure("file.write", "cannot finish the file: the folder is not empty", name)
        }
        change(.move(path, name))
    }

    func remove(_ path: String) -> Bool {
        guard (try? operate("remove", path)) != nil else { return false }
        if entries[path] != nil { change(.drop(path)) }
        return true
    }

    func flushFolder(of path: String) {
        guard (try? operate("flush a folder", path)) != nil else { return }
        for entry in journal { Self.apply(entry, to: &durable) }
        journal = []
    }

    func names(in folder: String) -> [String] {
        entries.keys.filter { $0.hasPrefix(folder + "/") && !$0.dropFirst(folder.count + 1).contains("/") }
            .map { String($0.dropFirst(folder.count + 1)) }.sorted()
    }

    func exists(_ path: String) -> Bool { entries[path] != nil }

    func size(of path: String) -> Int? {
        if case .file(let file)? = entries[path] { file.bytes.count } else { nil }
    }

    func contents(of path: String) -> [UInt8]? {
        guard case .file(let file)? = entries[path], cluster.death == nil else { return nil }
        cluster.spend((Double(file.bytes.count) / speed.readBytesPerSecond + speed.operationSeconds) * slowness)
        return cluster.death == nil ? file.bytes : nil
    }

    /// What befalls an operation on something that would lie on this disk, and does not.
    func touch(_ what: String, _ path: String) throws(Diagnostic) { try operate(what, path) }

    /// A file as it is, for whoever looks from outside.
    func bytes(of path: String) -> [UInt8]? {
        if case .file(let file)? = entries[path] { file.bytes } else { nil }
    }

    /// All files, sorted by name.
    var files: [String] {
        entries.keys.filter { if case .file? = entries[$0] { true } else { false } }.sorted()
    }

    // MARK: What can go wrong

    // Asked at every operation.
    private static let slowing = [FaultKind.slowStorage]
    private static let failing: [FaultKind] = [.rankCrash, .leadLoss, .nodeLoss, .failedWrite, .fullDisk]
    private static let tearing: [FaultKind] = [.shortWrite, .tornWrite]

    private var slowness: Double {
        cluster.active(Self.slowing).reduce(1) { max($0, $1.event.factor ?? 1) }
    }

    /// Counts an operation that changes something, and lets the faults have their turn.
    private func operate(_ what: String, _ path: String, bytes: Int = 0) throws(Diagnostic) {
        try cluster.check()
        // Bytes of an open file go to memory first.
        let latency = what == "write" ? 0 : speed.operationSeconds
        cluster.spend((Double(bytes) / speed.writeBytesPerSecond + latency) * slowness)
        // Meanwhile the job may have ended.
        try cluster.check()
        for planned in cluster.active(Self.failing)
        where planned.event.operation != nil && isDue(planned) {
            switch planned.event.kind {
            case .failedWrite where what != "remove":
                cluster.happened(planned, "an input/output error (\(what) \(Self.shown(path)))")
                throw failure("file.write", "cannot \(what) the file: Input/output error", path)
            case .fullDisk where what == "create" || what == "write":
                cluster.happened(planned, "no space is left (\(what) \(Self.shown(path)))")
                throw failure("file.no-space", "cannot \(what) the file: No space left on device", path)
            case .failedWrite, .fullDisk: break
            default:
                cluster.happened(planned, "in the middle of saving (\(what) \(Self.shown(path)))")
                let isNode = planned.event.kind == .nodeLoss
                cluster.die(
                    isNode ? "node-lost" : "killed",
                    isNode ? "node \(planned.event.node ?? 0) is lost" : "the process was killed while it saved",
                    losingMemory: isNode)
                try cluster.check()
            }
        }
    }

    /// Counts down to the operation that a fault hits; afterwards it stays due as often as it will happen.
    private func isDue(_ planned: SimulatedCluster.Planned) -> Bool {
        guard let countdown = planned.countdown, countdown > 0 else { return true }
        planned.countdown = countdown - 1
        return false
    }

    fileprivate struct Handle: WritableFile {
        let storage: SimulatedStorage
        fileprivate let file: File
        let path: String

        func append(_ bytes: UnsafeRawBufferPointer) throws(Diagnostic) -> Int {
            try storage.append(bytes, to: file, path)
        }

        func flush() throws(Diagnostic) {
            try storage.operate("flush", path)
            file.flushed = file.bytes.count
        }

        func close() throws(Diagnostic) {}
    }

    private func append(_ bytes: UnsafeRawBufferPointer, to file: File, _ path: String) throws(Diagnostic) -> Int {
        try operate("write", path, bytes: bytes.count)
        for planned in cluster.active(Self.tearing) where isDue(planned) && bytes.count > 1 {
            let taken = 1 + cluster.draw(below: bytes.count - 1)
            file.bytes += bytes[..<taken]
            if planned.event.kind == .shortWrite {
                cluster.happened(planned, "\(taken) of \(bytes.count) bytes are taken (\(Self.shown(path)))")
                return taken
            }
            file.flushed = file.bytes.count - cluster.draw(below: taken)
            cluster.happened(planned, "the power fails in the middle of a write (\(Self.shown(path)))")
            cluster.die("node-lost", "a node lost power while it wrote", losingMemory: true)
            try cluster.check()
        }
        file.bytes += bytes
        return bytes.count
    }

    /// A bit of a file changes on the disk.
    func flip(bit: Int, of path: String) {
        guard case .file(let file)? = entries[path], !file.bytes.isEmpty else { return }
        let place = bit % (8 * file.bytes.count)
        file.bytes[place / 8] ^= 1 << UInt8(place % 8)
    }

    private func failure(_ code: String, _ message: String, _ path: String) -> Diagnostic {
        Diagnostic(
            code, message, at: .init(file: path), remedy: "the last complete checkpoint is as it was", kind: .failure)
    }

    /// A path without what differs from process to process: temporary names hold numbers of their own.
    private static func shown(_ path: String) -> String {
        path.split(separator: "/", omittingEmptySubsequences: false).map { part in
            part.hasSuffix(".partial") ? part.split(separator: ".").dropLast(2).joined(separator: ".") : String(part)
        }.joined(separator: "/")
    }

    // MARK: Names

    private func change(_ change: Change) {
        Self.apply(change, to: &entries)
        journal.append(change)
    }

    private static func apply(_ change: Change, to entries: inout [String: Entry]) {
        switch change {
        case .put(let path, let entry): entries[path] = entry
        case .move(let path, let name):
            for old in below(path, entries) {
                entries[name + old.dropFirst(path.count)] = entries[old]
                entries[old] = nil
            }
        case .drop(let path): for old in below(path, entries) { entries[old] = nil }
        }
    }

    /// A path and all that lies below it.
    private static func below(_ path: String, _ entries: [String: Entry]) -> [String] {
        entries.keys.filter { $0 == path || $0.hasPrefix(path + "/") }.sorted()
    }

    // MARK: The end of a job

    /// What is there when the next job looks: everything if only processes died, else what had reached the disk.
    func restart(losingMemory: Bool) {
        if losingMemory {
            entries = durable
            for change in journal.prefix(cluster.draw(below: journal.count + 1)) { Self.apply(change, to: &entries) }
            for path in files {
                guard case .file(let file)? = entries[path], file.flushed < file.bytes.count else { continue }
                let kept = file.flushed + cluster.draw(below: file.bytes.count - file.flushed + 1)
                file.bytes.removeLast(file.bytes.count - kept)
            }
        }
        durable = entries
        journal = []
        for path in files { if case .file(let file)? = entries[path] { file.flushed = file.bytes.count } }
    }
}
