import Diagnostics
import Ingestion
import TypedYAML

extension CorpusSpecification {
    enum SourceKey: String, CaseIterable {
        case name, kind, path, paths, include, extensions, format, keys, revision, language, licence, script, version
    }
    enum SourceKind: String, CaseIterable { case folder, jsonl, debian, tar, git }
    enum LineKeysKey: String, CaseIterable { case text, language, url, licence }

    /// Reads the list of sources, whose names differ.
    static func sources(_ value: YAMLValue) throws(Diagnostic) -> [Source] {
        var sources = [Source]()
        for element in try value.elements("sources") {
            let source = try source(element)
            guard !sources.contains(where: { $0.name == source.name }) else {
                throw Diagnostic(
                    "specification.source-twice", "two sources have the name \(source.name)", at: element.location,
                    remedy: "give each source a name of its own: documents carry it")
            }
            sources.append(source)
        }
        if sources.isEmpty {
            throw Diagnostic(
                "specification.no-sources", "there is nothing to build from", at: value.location,
                expected: "at least one source")
        }
        return sources
    }

    /// Where the paths of sources that have been read are written.
    static func sourcePlaces(_ value: YAMLValue) throws(Diagnostic) -> SourcePlaces {
        var places = SourcePlaces()
        for element in try value.elements("sources") {
            let reader = try element.section(SourceKey.self)
            let path = reader.optional(.paths) ?? reader.optional(.path)
            places.byName[try reader.required(.name).text()] = path?.location ?? element.location
        }
        return places
    }

    private static func source(_ value: YAMLValue) throws(Diagnostic) -> Source {
        let reader = try value.section(SourceKey.self)
        let kind = try reader.required(.kind).choice(SourceKind.self)
        try refuseForeignKeys(of: kind, in: reader)
        let language = reader.optional(.language)
        let code = try language?.text()
        if let code, let language, !LanguageCode.isValid(code), !isProgrammingLanguage(code) {
            throw Diagnostic(
                "specification.language", "this is not a language code", at: language.location,
                expected: "a code such as fr, pt-BR or zh", found: code)
        }
        return Source(
            name: try reader.required(.name).text(), kind: try place(kind, reader), language: code,
            licence: try reader.optional(.licence)?.text(), script: try reader.optional(.script)?.text(),
            version: try reader.optional(.version)?.text())
    }

    private static func place(
        _ kind: SourceKind, _ reader: YAMLReader<SourceKey>
    ) throws(Diagnostic) -> Source.Kind {
        let format = try reader.optional(.format)?.choice(TextFormat.self) ?? .plain
        let include = try reader.optional(.include).map { value throws(Diagnostic) in try patterns(value) } ?? ["**"]
        switch kind {
        case .folder:
            return .folder(
                TextFolder(
                    path: try reader.required(.path).text(),
                    extensions: try reader.optional(.extensions)?.texts() ?? ["txt"], format: format))
        case .jsonl: return .jsonLines(JSONLines(paths: try paths(reader), keys: try lineKeys(reader)))
        case .debian: return .debianPackages(ArchiveFiles(paths: try paths(reader), include: include, format: format))
        case .tar: return .archives(ArchiveFiles(paths: try paths(reader), include: include, format: format))
        case .git:
            var tree = GitTree(path: try reader.required(.path).text(), include: include)
            tree.revision = try reader.optional(.revision)?.text() ?? tree.revision
            return .git(tree)
        }
    }

    /// Patterns of paths, each checked where it is written.
    private static func patterns(_ value: YAMLValue) throws(Diagnostic) -> [String] {
        let texts = try value.texts()
        for text in texts {
            do throws(Diagnostic) {
                _ = try Glob(text)
            } catch {
                var located = error
                located.location = value.location
                throw located
            }
        }
        return texts
    }

    private static func paths(_ reader: YAMLReader<SourceKey>) throws(Diagnostic) -> [String] {
        if let paths = reader.optional(.paths) { return try paths.texts() }
        return [try reader.required(.path).text()]
    }

    private static func lineKeys(_ reader: YAMLReader<SourceKey>) throws(Diagnostic) -> JSONLines.Keys {
        let keys = try reader.section(.keys, LineKeysKey.self)
        let standard = JSONLines.Keys()
        return .init(
            text: try keys.optional(.text)?.text() ?? standard.text,
            language: try keys.optional(.language)?.text() ?? standard.language,
            url: try keys.optional(.url)?.text() ?? standard.url, licence: try keys.optional(.licence)?.text())
    }

    private static func refuseForeignKeys(
        of kind: SourceKind, in reader: YAMLReader<SourceKey>
    ) throws(Diagnostic) {
        let own: [SourceKey] =
            switch kind {
            case .folder: [.path, .extensions, .format]
            case .jsonl: [.path, .paths, .keys]
            case .debian, .tar: [.path, .paths, .include, .format]
            case .git: [.path, .revision, .include]
            }
        let everywhere: [SourceKey] = [.name, .kind, .language, .licence, .script, .version]
        for key in SourceKey.allCases where !own.contains(key) && !everywhere.contains(key) {
            guard let value = reader.optional(key) else { continue }
            throw Diagnostic(
                "specification.source", "a source of the kind \(kind.rawValue) has no such key", at: value.location,
                expected: "one of \((everywhere + own).map(\.rawValue).joined(separator: ", "))",
                remedy: "remove the key")
        }
    }
}
