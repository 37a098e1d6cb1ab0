import Cleaning
import Diagnostics
import Integrity

extension CorpusSpecification {
    /// The specification with the digest of each model file that it names, and the models by digest.
    ///
    /// A digest that stands there already is compared with the file's: so a corpus is built again with the same model or
    /// not at all. Relative paths begin at `root`. Throws, with the place of the key, for a file that is missing, damaged
    /// or of another language, and `specification.model-changed`.
    func resolvingModels(root: String) throws(Diagnostic) -> (CorpusSpecification, [Digest: ByteModel]) {
        var (resolved, models) = (self, [Digest: ByteModel]())
        for stage in stages.indices where stages[stage].stage == StageKind.perplexity {
            for language in stages[stage].languages.indices {
                let own = stages[stage].languages[language]
                guard let model = try Self.model(of: own, root: root) else { continue }
                models[model.digest] = model
                resolved.stages[stage].languages[language].pin(model.digest)
            }
        }
        return (resolved, models)
    }

    private static func model(
        of own: StageSetting.LanguageParameters, root: String
    ) throws(Diagnostic) -> ByteModel? {
        let stated = own.parameters.first { $0.name == StageKind.modelDigest }
        guard let file = own.parameters.first(where: { $0.name == StageKind.modelFile }), let name = file.value.text
        else {
            guard let stated else { return nil }
            throw Diagnostic(
                "specification.missing-key", "there is a digest, but no model that should have it",
                at: stated.location, expected: "\(StageKind.modelFile): beside it")
        }
        let path = name.hasPrefix("/") || root.isEmpty ? name : "\(root)/\(name)"
        let model = try located(file, path) { () throws(Diagnostic) in try ByteModel(path: path) }
        guard primaryLanguage(of: model.language) == primaryLanguage(of: own.language) else {
            throw Diagnostic(
                "specification.model-language", "the model \(path) is of another language", at: file.location,
                expected: own.language, found: model.language)
        }
        let digest = model.digest
        if let text = stated?.value.text, let stated, Digest(text) != digest {
            throw Diagnostic(
                "specification.model-changed", "the model \(path) is another one than the specification was made with",
                at: stated.location, expected: text, found: digest.description,
                remedy: "restore the model, or remove the digest to build with this one")
        }
        return model
    }

    /// Gives what is wrong with a model's file the place of the key that names it.
    private static func located<Result>(
        _ parameter: StageSetting.Parameter, _ path: String, _ body: () throws(Diagnostic) -> Result
    ) throws(Diagnostic) -> Result {
        do throws(Diagnostic) {
            return try body()
        } catch {
            var located = error
            located.location = parameter.location ?? error.location
            located.found = path
            located.remedy = "train it: serre corpus perplexity-model train"
            throw located
        }
    }
}

extension StageSetting.LanguageParameters {
    /// Enters the digest of the model's file, next to its name.
    fileprivate mutating func pin(_ digest: Digest) {
        parameters.removeAll { $0.name == StageKind.modelDigest }
        let place = parameters.firstIndex { $0.name == StageKind.modelFile } ?? parameters.startIndex
        parameters.insert(.init(StageKind.modelDigest, .text(digest.description)), at: place + 1)
    }
}
