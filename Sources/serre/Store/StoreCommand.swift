import ArgumentParser

struct StoreCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "store",
        abstract: "The large files of runs, kept by their content outside git: checkpoints and corpora.",
        discussion: """
            Example:
              serre store push latest --to /data/store

            A store is a folder, or a place that rsync reaches: host:path, ssh://host/path, rsync://host/module/path. Its \
            layout is that of Git LFS, and records hold LFS pointers to its objects.
            """,
        subcommands: [StorePush.self, StorePull.self, StoreGC.self, StoreVerify.self])
}
