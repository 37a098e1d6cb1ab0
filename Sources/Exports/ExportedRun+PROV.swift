import Diagnostics
import Ledger

extension ExportedRun {
    /// The run as W3C PROV-JSON: what it used, what it made, and who was responsible.
    ///
    /// Sources: PROV-DM (W3C Recommendation, 2013) and the PROV-JSON submission of the same year.
    public func provDocument() throws(Diagnostic) -> String {
        var graph = ProvGraph()
        let activity = "run:\(run)"
        graph.add(
            "activity", activity,
            [
                "prov:startTime": .string(utc(startTime)), "prov:endTime": .string(utc(endTime)),
                "prov:label": .string("training run \(run)"), "prov:type": "serre:TrainingRun",
                "serre:state": .string(record.summary.state.rawValue), "serre:claim": .string(claim),
                "serre:steps": .integer(Int64(record.summary.steps)), "serre:numerics": .optional(manifest.numerics),
                "serre:hosts": .optional(manifest.hosts),
            ])
        let software = "serre:serre-\(manifest.serre.version)"
        graph.add(
            "agent", software,
            [
                "prov:type": "prov:SoftwareAgent", "prov:label": .string("Serre \(manifest.serre.version)"),
                "serre:executableDigest": .optional(manifest.serre.executableDigest),
                "serre:sourceCommit": .optional(manifest.serre.sourceCommit),
            ])
        graph.add("agent", "run:author", ["prov:type": "prov:Person", "prov:label": .string(author)])
        graph.add("actedOnBehalfOf", nil, ["prov:delegate": .string(software), "prov:responsible": "run:author"])
        var association: JSONTree = ["prov:activity": .string(activity), "prov:agent": .string(software)]
        if file("recipe.yaml") != nil {
            association = [
                "prov:activity": .string(activity), "prov:agent": .string(software), "prov:plan": "run:recipe",
            ]
        }
        graph.add("wasAssociatedWith", nil, association)
        graph.add("wasAssociatedWith", nil, ["prov:activity": .string(activity), "prov:agent": "run:author"])
        let inputs = addInputs(to: &graph)
        for input in inputs {
            graph.add("used", nil, ["prov:activity": .string(activity), "prov:entity": .string(input)])
        }
        for output in addOutputs(to: &graph) {
            graph.add("wasGeneratedBy", nil, ["prov:entity": .string(output), "prov:activity": .string(activity)])
            for input in inputs {
                graph.add(
                    "wasDerivedFrom", nil,
                    ["prov:generatedEntity": .string(output), "prov:usedEntity": .string(input)])
            }
        }
        return try graph.document(prefixes: ["run": .string("urn:serre:run:\(run):"), "serre": "urn:serre:"])
    }

    private func addInputs(to graph: inout ProvGraph) -> [String] {
        var inputs = [String]()
        func add(_ id: String, _ label: String, _ attributes: [String: JSONTree]) {
            graph.add("entity", id, .object(attributes.merging(["prov:label": .string(label)]) { own, _ in own }))
            inputs.append(id)
        }
        if let recipe = file("recipe.yaml") {
            add(
                "run:recipe", "resolved recipe \(manifest.recipe)",
                ["prov:type": "prov:Plan", "serre:sha256": .string(recipe.digest.hex)])
        }
        if let digest = manifest.dataDigest {
            add("run:data", "training data", ["serre:digest": .string(digest)])
        }
        if let code = record.codeTree {
            add("run:code", "the user's repository as the run saw it", ["serre:gitTree": .string(code)])
        }
        if let profile = file("profile.yaml") {
            add("run:profile", "cluster profile", ["serre:sha256": .string(profile.digest.hex)])
        }
        return inputs
    }

    private func addOutputs(to graph: inout ProvGraph) -> [String] {
        var outputs = [String]()
        for checkpoint in jsonFiles(in: "checkpoints/").compactMap(Checkpoint.init) {
            let id = "run:checkpoint-\(checkpoint.step)"
            graph.add(
                "entity", id,
                [
                    "prov:label": .string("checkpoint after step \(checkpoint.step)"),
                    "serre:stateDigest": .string(checkpoint.stateDigest),
                ])
            for (number, file) in checkpoint.files.enumerated() {
                let part = "\(id)-file-\(number)"
                graph.add(
                    "entity", part,
                    ["prov:label": .string(file.name), "serre:sha256": .string(file.sha256)])
                graph.add("hadMember", nil, ["prov:collection": .string(id), "prov:entity": .string(part)])
            }
            outputs.append(id)
        }
        graph.add(
            "entity", "run:record",
            [
                "prov:label": .string("record refs/serre/runs/\(run)"), "serre:gitCommit": .string(tip),
                "serre:sha256": .string(tipDigest.hex), "serre:stateDigest": .optional(record.summary.digest),
            ])
        return outputs + ["run:record"]
    }
}

/// A PROV-JSON document in the making: records by kind, relations numbered in the order they are added.
private struct ProvGraph {
    private var kinds: [String: [String: JSONTree]] = [:]
    private var relations = 0

    /// Adds a record; relations have no name of their own and get a blank one.
    mutating func add(_ kind: String, _ id: String?, _ attributes: JSONTree) {
        if id == nil { relations += 1 }
        kinds[kind, default: [:]][id ?? "_:r\(relations)"] = Self.typed(attributes)
    }

    func document(prefixes: JSONTree) throws(Diagnostic) -> String {
        var members = kinds.mapValues(JSONTree.object)
        members["prefix"] = prefixes
        return try JSONTree.object(members).document()
    }

    /// Attributes whose type is a name, which PROV-JSON writes with its data type.
    private static func typed(_ attributes: JSONTree) -> JSONTree {
        guard case .object(var members) = attributes, let type = members["prov:type"] else { return attributes }
        members["prov:type"] = ["$": type, "type": "prov:QUALIFIED_NAME"]
        return .object(members)
    }
}
