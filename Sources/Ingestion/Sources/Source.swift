/// A place that documents come from, with what is known of all of them: the name, language, licence, script and version.
///
/// ```swift
/// let pages = Source(name: "pages", kind: .jsonLines(.init(paths: ["pages.jsonl.zst"])), licence: "CC-BY-4.0")
/// let manuals = Source(
///     name: "manuals-fr", kind: .debianPackages(.init(paths: ["packages"], include: ["usr/share/man/fr/**"], format: .manual)),
///     language: "fr")
/// let code = Source(name: "serre", kind: .git(.init(path: ".", revision: "main")), licence: "Apache-2.0")
/// ```
public struct Source: Sendable, Equatable {
    /// The name that every document of it carries.
    public var name: String
    /// What kind of place it is, and where.
    public var kind: Kind
    /// The language of every document in it; `nil` where folder names, JSON keys or file names say it.
    public var language: String?
    /// The licence of the texts, by SPDX identifiers where they exist.
    public var licence: String?
    /// The script of the texts by its ISO 15924 code, such as `Latn`.
    public var script: String?
    /// The version of the source, if it has one.
    public var version: String?

    public enum Kind: Sendable, Equatable {
        /// A folder of text files.
        case folder(TextFolder)
        /// Files with a JSON object a line.
        case jsonLines(JSONLines)
        /// Debian packages: what they would install.
        case debianPackages(ArchiveFiles)
        /// Archives of text files in a form of tar.
        case archives(ArchiveFiles)
        /// The files of a revision in a git repository; no work tree is looked at.
        case git(GitTree)
    }

    public init(
        name: String, kind: Kind, language: String? = nil, licence: String? = nil, script: String? = nil,
        version: String? = nil
    ) {
        (self.name, self.kind, self.language) = (name, kind, language)
        (self.licence, self.script, self.version) = (licence, script, version)
    }
}

/// A folder of text files, one document each, in byte-wise order of their paths.
///
/// Without ``Source/language`` it is laid out as `<language>/**`, and a first folder that is no language code is
/// refused. Names that begin with a dot are passed over, as in any listing. Links to files inside the folder are
/// followed; all other links are named skips.
public struct TextFolder: Sendable, Equatable {
    /// The folder.
    public var path: String
    /// The endings of the files that are read, without dots; `.gz`, `.xz`, `.zst` and `.bz2` may follow them.
    public var extensions: [String]
    /// What the files hold.
    public var format: TextFormat

    public init(path: String, extensions: [String] = ["txt"], format: TextFormat = .plain) {
        (self.path, self.extensions, self.format) = (path, extensions, format)
    }
}

/// Files with a JSON object a line: plain, or compressed as `.gz`, `.xz`, `.zst` or `.bz2`.
///
/// Lines of white space only are no documents and not counted.
public struct JSONLines: Sendable, Equatable {
    /// Files, read in the order given, or folders, whose `.jsonl` (and `.jsonl.gz` …) files are read in byte-wise order.
    public var paths: [String]
    /// The names of the keys that are read.
    public var keys: Keys

    /// The names of the keys that are read; other keys may hold anything.
    public struct Keys: Sendable, Equatable {
        /// The document's text.
        public var text: String
        /// Its language code, read where the source states no language.
        public var language: String
        /// The address that it was taken from.
        public var url: String
        /// Its licence, which goes before the source's; `nil`: none is read.
        public var licence: String?

        public init(
            text: String = "text", language: String = "lang", url: String = "url", licence: String? = nil
        ) {
            (self.text, self.language, self.url, self.licence) = (text, language, url, licence)
        }
    }

    public init(paths: [String], keys: Keys = .init()) {
        (self.paths, self.keys) = (paths, keys)
    }
}

/// Archives whose members are documents, in the archive's own order; members may be compressed once more.
public struct ArchiveFiles: Sendable, Equatable {
    /// Archives, read in the order given, or folders, whose archives are read in byte-wise order.
    public var paths: [String]
    /// Patterns of the members' paths, in the syntax of ``Glob``, such as `usr/share/man/{lang}/**`; one must match.
    public var include: [String]
    /// What the members hold.
    public var format: TextFormat

    public init(paths: [String], include: [String] = ["**"], format: TextFormat = .plain) {
        (self.paths, self.include, self.format) = (paths, include, format)
    }
}

/// The files of one revision in a git repository, in byte-wise order of their paths.
public struct GitTree: Sendable, Equatable {
    /// The repository: its work tree, or the folder of a bare one.
    public var path: String
    /// A branch, tag, commit or any other expression that git reads as a commit.
    public var revision: String
    /// Patterns of the paths that are read, in the syntax of ``Glob``; one must match.
    public var include: [String]
    /// The programming language by the file's ending (small letters, without dot); other files are not read.
    ///
    /// ``Source/language`` goes before it: then the endings say only which files are read.
    public var languages: [String: String]

    public init(
        path: String, revision: String = "HEAD", include: [String] = ["**"],
        languages: [String: String] = ProgrammingLanguage.byExtension
    ) {
        (self.path, self.revision, self.include, self.languages) = (path, revision, include, languages)
    }
}

/// What a file holds, and so how its text is taken out.
public enum TextFormat: String, Sendable, CaseIterable {
    /// Text as it is.
    case plain
    /// A page in HTML: the text of its body.
    case html
    /// A manual page in roff, with the `man` or `mdoc` macros: its running text.
    case manual = "man"
}
