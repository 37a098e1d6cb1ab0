import CGit2
import CGit2Shim
import Diagnostics

/// The rules for calling libgit2: start it once, turn its errors into ``Diagnostic``s, free every handle it gives out.
///
/// A handle comes from ``made(_:_:)`` and the caller frees it with `defer` on the next line, with the function that
/// belongs to its type. No handle leaves the file that made it, except the repository, which ``Ledger`` owns.
enum LibGit2 {
    /// The result of starting the library: the first use starts it for the whole process, and it is never stopped,
    /// because its options (flush every write) are process-wide and a restart would lose them.
    private static let started: Int32 = {
        let status = git_libgit2_init()
        guard status >= 0 else { return status }
        // These extensions change nothing that the ledger reads or writes: the sparse bits live in the index, and
        // objects that a partial clone lacks are never read.
        let harmless = ["worktreeconfig", "partialclone", "preciousobjects"]
        let accepted = harmless.withCStrings { serre_git2_accept_extensions($0.baseAddress, $0.count) }
        return accepted < 0 ? accepted : serre_git2_enable_fsync()
    }()

    /// Starts libgit2 if it is not running yet.
    static func start() throws(Diagnostic) {
        try check(started, "cannot start libgit2")
    }

    /// Throws the failure that a negative status stands for, with libgit2's own reason.
    static func check(_ status: Int32, _ action: @autoclosure () -> String) throws(Diagnostic) {
        guard status < 0 else { return }
        throw failure(status, action())
    }

    /// The value behind the pointer that `call` fills, which the caller must free.
    static func made(
        _ action: @autoclosure () -> String, _ call: (UnsafeMutablePointer<OpaquePointer?>) -> Int32
    ) throws(Diagnostic) -> OpaquePointer {
        var handle: OpaquePointer?
        try check(call(&handle), action())
        guard let handle else { throw failure(GIT_ERROR.rawValue, action()) }
        return handle
    }

    /// The diagnostic for a status that a libgit2 call has just returned on this thread.
    static func failure(_ status: Int32, _ action: String) -> Diagnostic {
        let reason = lastReason
        let gone =
            reason.contains("invalid object specified") || reason.hasPrefix("object not found")
            || reason.hasPrefix("target OID for the reference doesn't exist")
            // An emptied folder of objects, removed between making it and putting one into it.
            || (reason.contains("/objects/") && reason.hasSuffix("No such file or directory"))
        if gone {
            return Diagnostic(
                objectGone, "\(action): an object is missing: \(reason)",
                remedy: "check the repository with `git fsck`", kind: .failure)
        }
        let full = reason.contains("No space left on device") || reason.contains("Disk quota exceeded")
        return Diagnostic(
            full ? "ledger.no-space" : "ledger.git", "\(action): \(reason) (libgit2 status \(status))",
            remedy: full ? "free some space; the record is whole up to its last event" : nil, kind: .failure)
    }

    /// The code of a failure because an object is not there, perhaps no longer.
    static let objectGone = "ledger.object-gone"

    /// What libgit2 said about the last failed call on this thread.
    static var lastReason: String {
        guard let error = git_error_last(), let message = error.pointee.message else { return "no reason given" }
        return String(cString: message)
    }
}

extension [String] {
    /// Runs `body` with the strings as an array of C strings, valid for the duration of the call.
    func withCStrings<R>(_ body: (UnsafeMutableBufferPointer<UnsafeMutablePointer<CChar>?>) -> R) -> R {
        let texts = map { Array<CChar>($0.utf8CString) }
        var flat = Array<CChar>(texts.joined())
        return flat.withUnsafeMutableBufferPointer { storage in
            var offset = 0
            var pointers = [UnsafeMutablePointer<CChar>?]()
            for text in texts {
                pointers.append(storage.baseAddress?.advanced(by: offset))
                offset += text.count
            }
            return pointers.withUnsafeMutableBufferPointer { body($0) }
        }
    }
}

extension git_oid {
    /// The 40 hexadecimal digits.
    var hex: String {
        var text = [CChar](repeating: 0, count: Int(GIT_OID_HEXSZ) + 1)
        var id = self
        git_oid_tostr(&text, text.count, &id)
        return String(decoding: text.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// Whether two object names are the same.
    func equals(_ other: git_oid) -> Bool {
        var (a, b) = (self, other)
        return git_oid_equal(&a, &b) == 1
    }
}
