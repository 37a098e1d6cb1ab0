import Diagnostics
import Foundation

/// Where a store is: a folder of this machine, or a place that rsync reaches.
///
/// A place is written as `host:path`, `ssh://[user@]host[:port]/path` or `rsync://host[:port]/module/path`; a folder whose
/// name holds a colon as `./a:b`.
public enum StoreAddress: Sendable, Equatable {
    case folder(ObjectStore)
    case remote(RemoteStore)

    /// Reads an address; throws `store.address` for one that means no place.
    public init(_ text: String) throws(Diagnostic) {
        if text.hasPrefix("rsync://") {
            let host = text.dropFirst("rsync://".count).prefix { $0 != "/" }
            self = .remote(RemoteStore(place: text, shell: nil))
            try Self.check(host, text)
        } else if text.hasPrefix("ssh://") {
            self = .remote(try Self.ssh(text))
        } else if text.contains("://") {
            throw Self.refusal(text)
        } else if let colon = text.firstIndex(of: ":"), !text[..<colon].contains("/") {
            try Self.check(text[..<colon], text)
            guard text.index(after: colon) < text.endIndex else { throw Self.refusal(text) }
            self = .remote(RemoteStore(place: text, shell: nil))
        } else {
            guard !text.isEmpty else { throw Self.refusal(text) }
            self = .folder(ObjectStore(text))
        }
    }

    private static func ssh(_ text: String) throws(Diagnostic) -> RemoteStore {
        let rest = text.dropFirst("ssh://".count)
        guard let slash = rest.firstIndex(of: "/") else { throw refusal(text) }
        var host = rest[..<slash]
        var shell: String?
        if let colon = host.lastIndex(of: ":") {
            guard let port = UInt16(host[host.index(after: colon)...]) else { throw refusal(text) }
            shell = "ssh -p \(port)"
            host = host[..<colon]
        }
        try check(host, text)
        return RemoteStore(place: "\(host):\(rest[slash...])", shell: shell)
    }

    /// A host that begins with a dash would be read as an option.
    private static func check(_ host: Substring, _ text: String) throws(Diagnostic) {
        guard !host.isEmpty, !host.hasPrefix("-") else { throw refusal(text) }
    }

    private static func refusal(_ text: String) -> Diagnostic {
        Diagnostic(
            "store.address", "this is no place of a store",
            expected: "a folder, host:path, ssh://host/path or rsync://host/module/path", found: "“\(text)”")
    }

    /// The folder, for what only works on this machine; throws `store.not-here` otherwise.
    public func local(for purpose: String) throws(Diagnostic) -> ObjectStore {
        switch self {
        case .folder(let store): return store
        case .remote(let store):
            throw Diagnostic(
                "store.not-here", "\(purpose) reads every byte, and so works on the machine that has the store only",
                expected: "a folder", found: store.place, remedy: "run the same command there")
        }
    }

    /// Sends files to the store; those that it has are left out. `progress` hears how far it is.
    ///
    /// A file that is not what its digest says stops the transfer with `store.altered`; what was sent before stays.
    public func push(
        _ files: [StoredFile], progress: @escaping (TransferProgress) -> Void = { _ in }
    ) throws(Diagnostic) -> TransferSummary {
        switch self {
        case .remote(let store): return try store.push(files, progress: progress)
        case .folder(let store):
            return try Self.each(files, progress) { (file, advance) throws(Diagnostic) in
                try store.add(file, progress: advance)
            }
        }
    }

    /// Fetches files from the store to their paths; those that are there are left out.
    ///
    /// `staging` is a folder for what is under way, on the same file system, kept when the transfer breaks off. Throws
    /// `store.missing` when the store lacks one, `store.damaged` when it has another content under that name.
    public func pull(
        _ files: [StoredFile], staging: String, progress: @escaping (TransferProgress) -> Void = { _ in }
    ) throws(Diagnostic) -> TransferSummary {
        switch self {
        case .remote(let store): return try store.pull(files, staging: staging, progress: progress)
        case .folder(let store):
            return try Self.each(files, progress) { (file, advance) throws(Diagnostic) in
                try store.copy(file, progress: advance)
            }
        }
    }

    /// Does one thing to each file and adds up what was copied.
    static func each(
        _ files: [StoredFile], _ progress: @escaping (TransferProgress) -> Void,
        _ body: (StoredFile, _ advance: (Int) -> Void) throws(Diagnostic) -> Bool
    ) throws(Diagnostic) -> TransferSummary {
        var summary = TransferSummary()
        let whole = files.reduce(0) { $0 + ($1.bytes ?? 0) }
        var state = TransferProgress(files: 0, filesWhole: files.count, bytes: 0, bytesWhole: whole)
        for file in files {
            let before = state.bytes
            let copied = try body(file) { bytes in
                state.bytes += bytes
                progress(state)
            }
            if copied {
                summary.copied += 1
                summary.copiedBytes += state.bytes - before
            } else {
                summary.present += 1
                state.bytes = before + (file.bytes ?? 0)
            }
            state.files += 1
            progress(state)
        }
        return summary
    }
}
