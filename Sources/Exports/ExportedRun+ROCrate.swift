import Diagnostics
import Foundation
import Integrity
import Ledger

extension ExportedRun {
    /// Writes the run as a Process Run Crate 0.5 (on RO-Crate 1.1): a folder with `ro-crate-metadata.json`, the record's
    /// files except the code, and `metrics.csv`.
    ///
    /// Checkpoints stay where they are and are described by their digests. The record knows no licence: `license` is a
    /// URL, or the crate says that none is stated. Source: https://w3id.org/ro/wfrun/process/0.5.
    public func writeROCrate(to path: String, license: String?, replace: Bool) throws(Diagnostic) {
        let metadata = try crateMetadata(license: license)
        let names = files.map { String($0.path.prefix { $0 != "/" }) } + ["metrics.csv", CrateGraph.metadataName]
        let folder = try AtomicFolder(path, parts: names, replace: replace)
        let table = csv()
        try folder.fill { (staging) throws(Diagnostic) in
            for file in files {
                let place = "\(staging)/\(file.path)"
                let parent = URL(fileURLWithPath: place).deletingLastPathComponent().path
                do {
                    try FileManager.default.createDirectory(atPath: parent, withIntermediateDirectories: true)
                } catch {
                    throw Diagnostic(
                        "export.folder", "cannot make a folder of the crate", at: .init(file: "\(path)/\(file.path)"),
                        kind: .failure)
                }
                try AtomicFile.write(file.content, to: place)
            }
            try AtomicFile.write(table, to: staging + "/metrics.csv")
            try AtomicFile.write(metadata, to: "\(staging)/\(CrateGraph.metadataName)")
        }
    }

    /// The text of `ro-crate-metadata.json`.
    func crateMetadata(license: String?) throws(Diagnostic) -> String {
        var graph = CrateGraph()
        let action = "#run-\(run)"
        let table = csv()
        for file in files {
            graph.addFile(file.path, bytes: file.content.count, digest: file.digest, about: Self.meaning(of: file.path))
        }
        graph.addFile(
            "metrics.csv", bytes: table.utf8.count, digest: SHA256.digest(of: table.utf8),
            about: "The steps of the run, one row each")
        addRoot(to: &graph, action: action, license: license)
        addContext(to: &graph)
        var inputs = ["recipe.yaml", "profile.yaml", "data/manifest.json"].filter { file($0) != nil }
        if record.codeTree != nil { inputs.append("#code") }
        let results = addResults(to: &graph)
        graph.add(action, type: "CreateAction", addAction(results: results, inputs: inputs))
        return try graph.document()
    }

    private func addRoot(to graph: inout CrateGraph, action: String, license: String?) {
        let licence = license ?? "#license-not-stated"
        graph.add(
            "./", type: "Dataset",
            [
                "name": .string("Training run \(run)"),
                "description": .string(
                    "The record of one training run of the recipe \(manifest.recipe) by Serre, \(record.summary.steps) "
                        + "steps, \(record.summary.state.rawValue). \(claim)"),
                "datePublished": .string(utc(endTime, zone: "+00:00")), "license": reference(licence),
                "conformsTo": reference(CrateGraph.processRun), "mentions": reference(action),
                "hasPart": .array(graph.files.map(reference)), "author": reference("#author"),
                "identifier": .string(run),
            ])
        if license == nil {
            graph.add(
                licence, type: "CreativeWork",
                [
                    "name": "No licence is stated",
                    "description": "The record of the run does not say under which licence it may be used.",
                ])
        } else {
            graph.add(
                licence, type: "CreativeWork", ["name": .string(licence), "description": "The licence of this crate."])
        }
    }

    private func addContext(to graph: inout CrateGraph) {
        graph.add("#author", type: "Person", ["name": .string(author)])
        graph.add(
            CrateGraph.software, type: "SoftwareApplication",
            [
                "name": "Serre", "softwareVersion": .string(manifest.serre.version),
                "description": "A toolkit for reproducible training of large multilingual language models.",
                "identifier": CrateGraph.list(
                    [
                        manifest.serre.executableDigest.map { "executable \($0)" },
                        manifest.serre.sourceCommit.map { "source git:\($0)" },
                    ].compactMap(\.self)),
            ])
        graph.add(
            CrateGraph.processRun, type: "CreativeWork", ["name": "Process Run Crate", "version": "0.5"])
        if let code = record.codeTree {
            graph.add(
                "#code", type: "CreativeWork",
                [
                    "name": "The user's repository as the run saw it", "version": .string(code),
                    "identifier": .string("git tree \(code)"),
                ])
        }
    }

    private func addAction(results: [String], inputs: [String]) -> [String: JSONTree] {
        var members: [String: JSONTree] = [
            "name": .string("Training of \(manifest.recipe)"),
            "description": .string(
                "\(record.summary.steps) optimiser steps under the numerics contract \(manifest.numerics ?? "not stated")."
            ),
            "instrument": reference(CrateGraph.software), "agent": reference("#author"),
            "startTime": .string(utc(startTime, zone: "+00:00")), "endTime": .string(utc(endTime, zone: "+00:00")),
            "object": .array(inputs.map(reference)), "result": .array(results.map(reference)),
        ]
        switch record.summary.state {
        case .finished: members["actionStatus"] = "http://schema.org/CompletedActionStatus"
        case .failed:
            members["actionStatus"] = "http://schema.org/FailedActionStatus"
            members["error"] = record.events.last { $0.outcome == .failed }.map { .string($0.message) }
        // Neither has come to its end, and the profile has no word for that.
        case .running, .interrupted, .unreadable: break
        }
        return members
    }

    /// The metrics, and each checkpoint by its digests.
    private func addResults(to graph: inout CrateGraph) -> [String] {
        var results =
            ["metrics.csv"] + files.map(\.path).filter { $0.hasPrefix("evaluations/") }.map { CrateGraph.id(of: $0) }
        for checkpoint in jsonFiles(in: "checkpoints/").compactMap(Checkpoint.init) {
            let id = "#checkpoint-\(checkpoint.step)"
            let parts = checkpoint.files.map { "\($0.name) sha256:\($0.sha256)" }
            graph.add(
                id, type: "CreativeWork",
                [
                    "name": .string("Checkpoint after step \(checkpoint.step)"),
                    "description":
                        "Kept outside this crate; the identifiers are the digests of the state and the files.",
                    "identifier": CrateGraph.list(["state \(checkpoint.stateDigest)"] + parts),
                ])
            results.append(id)
        }
        return results
    }

    private static func meaning(of path: String) -> String {
        switch path {
        case "recipe.yaml": "The resolved recipe"
        case "profile.yaml": "The cluster profile that was simulated"
        case "record.json": "What ran: digests, numerics, layout, version of Serre"
        case "snapshot.json": "Where the snapshot of the user's code came from"
        case "environment.json": "The machine and its libraries"
        case "data/manifest.json": "The manifest of the training data, with digests"
        default: "Part of the run's record"
        }
    }
}
