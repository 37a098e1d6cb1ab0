import CGit2
import Diagnostics
import Foundation

/// The absolute path with symbolic links followed as far as it exists, without a final `/`.
func resolvedPath(_ path: String) -> String {
    URL(fileURLWithPath: path).resolvingSymlinksInPath().standardizedFileURL.path
}

/// Whether the work tree of `repository` differs from HEAD in tracked files, or in untracked ones too, below `folder`.
func hasChanges(
    _ repository: OpaquePointer, untracked: Bool, below folder: String = ""
) throws(Diagnostic) -> Bool {
    var options = git_status_options()
    try LibGit2.check(git_status_options_init(&options, UInt32(GIT_STATUS_OPTIONS_VERSION)), "cannot compare files")
    options.show = GIT_STATUS_SHOW_INDEX_AND_WORKDIR
    options.flags = GIT_STATUS_OPT_DISABLE_PATHSPEC_MATCH.rawValue
    if untracked { options.flags |= GIT_STATUS_OPT_INCLUDE_UNTRACKED.rawValue }
    var list: OpaquePointer?
    let outcome = (folder.isEmpty ? [] : [folder]).withCStrings { paths in
        options.pathspec = git_strarray(strings: paths.baseAddress, count: paths.count)
        return git_status_list_new(&list, repository, &options)
    }
    try LibGit2.check(outcome, "cannot compare the work tree with HEAD")
    defer { git_status_list_free(list) }
    return git_status_list_entrycount(list) > 0
}
