import Diagnostics
import Integrity
import Ledger

extension ExportedRun {
    /// The run as an in-toto Statement v1 with an SLSA Provenance v1 predicate, unsigned.
    ///
    /// Subjects are the files of the newest checkpoint and the digest of the training state; without either, the
    /// record's newest commit. It claims no SLSA level: Serre writes about itself on the user's machine. Sources: in-toto
    /// attestation framework v1 (github.com/in-toto/attestation), SLSA v1.0 provenance.
    public func slsaStatement() throws(Diagnostic) -> String {
        let statement: JSONTree = [
            "_type": "https://in-toto.io/Statement/v1",
            "subject": .array(subjects()),
            "predicateType": "https://slsa.dev/provenance/v1",
            "predicate": [
                "buildDefinition": [
                    "buildType": "urn:serre:train:1",
                    "externalParameters": .object(externalParameters()),
                    "internalParameters": .object(internalParameters()),
                    "resolvedDependencies": .array(dependencies()),
                ],
                "runDetails": [
                    "builder": [
                        "id": "urn:serre:self-reported",
                        "version": ["serre": .string(manifest.serre.version)],
                    ],
                    "metadata": [
                        "invocationId": .string(run), "startedOn": .string(utc(startTime)),
                        "finishedOn": .string(utc(endTime)),
                    ],
                    "byproducts": [
                        [
                            "name": "record", "uri": .string("git:refs/serre/runs/\(run)"),
                            "digest": ["gitCommit": .string(tip), "sha256": .string(tipDigest.hex)],
                            "annotations": ["claim": .string(claim)],
                        ]
                    ],
                ],
            ],
        ]
        return try statement.document()
    }

    private func subjects() -> [JSONTree] {
        var result = [JSONTree]()
        if let last = lastCheckpoint {
            result += last.files.map { file in
                ["name": .string("checkpoint \(last.step)/\(file.name)"), "digest": ["sha256": .string(file.sha256)]]
            }
        }
        if let digest = record.summary.digest {
            // Not the SHA-256 of a file but the root of a Merkle tree, so it is not named sha256.
            result.append([
                "name": .string("training state after step \(record.summary.steps)"),
                "digest": ["serreState": .string(bare(digest))],
            ])
        }
        return result.isEmpty ? [["name": "record", "digest": ["gitCommit": .string(tip)]]] : result
    }

    private func externalParameters() -> [String: JSONTree] {
        var result: [String: JSONTree] = ["recipeName": .string(manifest.recipe)]
        result["recipe"] = file("recipe.yaml").map { .string(String(decoding: $0.content, as: UTF8.self)) }
        result["numerics"] = .optional(manifest.numerics)
        result["stepsPlanned"] = .optional(manifest.stepsPlanned)
        result["resumedFrom"] = .optional(manifest.resumedFrom)
        return result
    }

    private func internalParameters() -> [String: JSONTree] {
        var result = [String: JSONTree]()
        if let layout = manifest.layout { result["layout"] = .object(layout.mapValues { .integer(Int64($0)) }) }
        result["hosts"] = .optional(manifest.hosts)
        let environment = json("environment.json")
        if environment != .null { result["environment"] = environment }
        return result
    }

    private func dependencies() -> [JSONTree] {
        var result = [JSONTree]()
        if let code = record.codeTree {
            result.append(["name": "code", "digest": ["gitTree": .string(code)]])
        }
        if let recipe = file("recipe.yaml") {
            result.append(["name": "recipe.yaml", "digest": ["sha256": .string(recipe.digest.hex)]])
        }
        if let data = file("data/manifest.json") {
            result.append([
                "name": "data/manifest.json", "digest": ["sha256": .string(data.digest.hex)],
                "annotations": manifest.dataDigest.map { ["corpusDigest": .string($0)] },
            ])
        }
        result += dataFiles.map { ["name": .string("data/\($0.name)"), "digest": ["sha256": .string($0.sha256)]] }
        if let executable = manifest.serre.executableDigest {
            result.append(["name": "serre", "digest": ["sha256": .string(bare(executable))]])
        }
        if let source = manifest.serre.sourceCommit {
            result.append([
                "name": "serre source", "digest": ["gitCommit": .string(source)],
                "annotations": manifest.serre.sourceDirty.map { ["uncommittedChanges": .flag($0)] },
            ])
        }
        return result
    }
}
