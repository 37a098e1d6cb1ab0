import Deduplication
import Ingestion
import Integrity
import TypedYAML

extension CorpusSpecification {
    /// The resolved form: deterministic YAML that reads back to an equal specification.
    ///
    /// Stages are written with the parameters that differ from the published defaults; a manifest lists the parameters
    /// in force for each of its languages.
    public var yaml: String {
        var writer = YAMLWriter()
        writer.write(Key.name.rawValue, name)
        if let version { writer.write(Key.version.rawValue, version) }
        if let description { writer.write(Key.description.rawValue, description) }
        writer.write(Key.seed.rawValue, seed)
        writer.list(Key.sources.rawValue, sources) { $1.write(to: &$0) }
        writer.list(Key.stages.rawValue, stages) { $1.write(to: &$0) }
        writer.section(Key.deduplication.rawValue) { deduplication.write(to: &$0) }
        writer.write(Key.redaction.rawValue, redaction)
        writer.section(Key.split.rawValue) { $0.write(SplitKey.validation.rawValue, validationShare) }
        writer.section(Key.output.rawValue) {
            $0.write(OutputKey.shardBytes.rawValue, shardBytes)
            $0.write(OutputKey.compression.rawValue, Compression.none.rawValue)
        }
        if limits != IngestionLimits() { writer.section(Key.limits.rawValue) { limits.write(to: &$0) } }
        if !removed.isEmpty { writer.list(Key.removed.rawValue, removed) { $1.write(to: &$0) } }
        return writer.text
    }

    /// The digest of the resolved form.
    public var digest: Digest { SHA256.digest(of: yaml.utf8) }
}

extension Source {
    fileprivate func write(to writer: inout YAMLWriter) {
        typealias Key = CorpusSpecification.SourceKey
        typealias Kind = CorpusSpecification.SourceKind
        func kindIs(_ kind: Kind) { writer.write(Key.kind.rawValue, kind.rawValue) }
        func archives(_ files: ArchiveFiles) {
            writer.write(Key.paths.rawValue, files.paths)
            writer.write(Key.include.rawValue, files.include)
            writer.write(Key.format.rawValue, files.format.rawValue)
        }
        writer.write(Key.name.rawValue, name)
        switch kind {
        case .folder(let folder):
            kindIs(.folder)
            writer.write(Key.path.rawValue, folder.path)
            writer.write(Key.extensions.rawValue, folder.extensions)
            writer.write(Key.format.rawValue, folder.format.rawValue)
        case .jsonLines(let lines):
            kindIs(.jsonl)
            writer.write(Key.paths.rawValue, lines.paths)
            writer.section(Key.keys.rawValue) {
                $0.write(CorpusSpecification.LineKeysKey.text.rawValue, lines.keys.text)
                $0.write(CorpusSpecification.LineKeysKey.language.rawValue, lines.keys.language)
                $0.write(CorpusSpecification.LineKeysKey.url.rawValue, lines.keys.url)
                if let licence = lines.keys.licence {
                    $0.write(CorpusSpecification.LineKeysKey.licence.rawValue, licence)
                }
            }
        case .debianPackages(let files):
            kindIs(.debian)
            archives(files)
        case .archives(let files):
            kindIs(.tar)
            archives(files)
        case .git(let tree):
            kindIs(.git)
            writer.write(Key.path.rawValue, tree.path)
            writer.write(Key.revision.rawValue, tree.revision)
            writer.write(Key.include.rawValue, tree.include)
        }
        for (key, value) in [
            (Key.language, language), (.licence, licence), (.script, script), (.version, version),
        ] {
            if let value { writer.write(key.rawValue, value) }
        }
    }
}

extension StageSetting {
    fileprivate func write(to writer: inout YAMLWriter) {
        guard !parameters.isEmpty || !languages.isEmpty else { return writer.write(stage) }
        writer.section(stage) { writer in
            for parameter in parameters { parameter.value.write(parameter.name, to: &writer) }
            guard !languages.isEmpty else { return }
            writer.section(CorpusSpecification.languagesKey) { writer in
                for own in languages {
                    writer.section(own.language) { writer in
                        for parameter in own.parameters { parameter.value.write(parameter.name, to: &writer) }
                    }
                }
            }
        }
    }
}

extension CorpusSpecification.Deduplication {
    fileprivate func write(to writer: inout YAMLWriter) {
        writer.write(Key.exact.rawValue, exact.map(\.rawValue))
        if let rule = templateLines {
            writer.section(Key.templateLines.rawValue) {
                $0.write(LineKey.characters.rawValue, rule.charactersMin)
                $0.write(LineKey.count.rawValue, rule.countMin)
                $0.write(LineKey.counting.rawValue, rule.counting.rawValue)
            }
        } else {
            writer.write(Key.templateLines.rawValue, false)
        }
        switch near {
        case nil: writer.write(Key.near.rawValue, false)
        case .minhash(let parameters)?:
            writer.section(Key.near.rawValue) {
                $0.write(NearKey.method.rawValue, Method.minhash.rawValue)
                $0.write(NearKey.unit.rawValue, parameters.shingling.unit.rawValue)
                $0.write(NearKey.length.rawValue, parameters.shingling.length)
                $0.write(NearKey.threshold.rawValue, parameters.threshold)
                $0.write(NearKey.permutations.rawValue, parameters.permutations)
                $0.write(NearKey.bands.rawValue, parameters.bands)
                $0.write(NearKey.rows.rawValue, parameters.rows)
                $0.write(NearKey.seed.rawValue, parameters.seed)
            }
        case .simhash(let parameters)?:
            writer.section(Key.near.rawValue) {
                $0.write(NearKey.method.rawValue, Method.simhash.rawValue)
                $0.write(NearKey.unit.rawValue, parameters.shingling.unit.rawValue)
                $0.write(NearKey.length.rawValue, parameters.shingling.length)
                $0.write(NearKey.distance.rawValue, parameters.distanceMax)
                $0.write(NearKey.blocks.rawValue, parameters.blocks)
            }
        }
        if let substrings {
            writer.section(Key.substrings.rawValue) {
                $0.write(SubstringKey.bytes.rawValue, substrings.bytesMin)
                $0.write(SubstringKey.memoryMebibytes.rawValue, substrings.memoryMebibytesMax)
            }
        } else {
            writer.write(Key.substrings.rawValue, false)
        }
    }
}

extension Removal {
    fileprivate func write(to writer: inout YAMLWriter) {
        if let source { writer.write(CorpusSpecification.RemovalKey.source.rawValue, source) }
        if let document { writer.write(CorpusSpecification.RemovalKey.document.rawValue, document) }
        if let reason { writer.write(CorpusSpecification.RemovalKey.reason.rawValue, reason) }
    }
}
