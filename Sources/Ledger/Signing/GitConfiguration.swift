import CGit2
import Diagnostics
import Foundation

/// The git configuration of a repository, its user and its system, as it is now.
final class GitConfiguration {
    private let handle: OpaquePointer

    init(of repository: OpaquePointer) throws(Diagnostic) {
        handle = try LibGit2.made("cannot read the git configuration") {
            git_repository_config_snapshot($0, repository)
        }
    }

    deinit { git_config_free(handle) }

    func text(_ key: String) -> String? {
        var value: UnsafePointer<CChar>?
        guard git_config_get_string(&value, handle, key) == 0, let value else { return nil }
        let text = String(cString: value)
        return text.isEmpty ? nil : text
    }

    /// The value as git reads truth: `true`, `yes`, `on` or a number; throws when it is none of them.
    func truth(_ key: String) throws(Diagnostic) -> Bool {
        var value: Int32 = 0
        let status = git_config_get_bool(&value, handle, key)
        if status == GIT_ENOTFOUND.rawValue { return false }
        try LibGit2.check(status, "cannot read \(key) of the git configuration")
        return value != 0
    }

    /// A path, with `~` for the user's home.
    func path(_ key: String) -> String? {
        var value = git_buf()
        defer { git_buf_dispose(&value) }
        guard git_config_get_path(&value, handle, key) == 0, let text = value.ptr else { return nil }
        return String(cString: text)
    }
}
