import Diagnostics
import Ledger

extension ExportedRun {
    /// The whole record as one JSON document: manifest, snapshot, environment, recipe, events, steps and the rest.
    ///
    /// Files of the record are embedded under their meaning, and all are listed with size, git blob and SHA-256. Numbers
    /// that are not finite are `null`; the fingerprints have their bits.
    public func jsonDocument() throws(Diagnostic) -> String {
        let events = record.events.map { event -> JSONTree in
            [
                "commit": .string(event.commit), "time": .string(utc(event.time)), "kind": .string(event.kind.name),
                "step": .optional(event.step), "digest": .optional(event.digest),
                "outcome": .optional(event.outcome?.rawValue), "message": .string(event.message),
            ]
        }
        let listed = files.map { file -> JSONTree in
            [
                "path": .string(file.path), "bytes": .integer(Int64(file.content.count)), "blob": .string(file.blob),
                "sha256": .string(file.digest.hex),
            ]
        }
        let document: JSONTree = [
            "format": "serre-run", "version": .integer(1), "claim": .string(claim), "run": .string(run),
            "state": .string(record.summary.state.rawValue), "steps_done": .integer(Int64(record.summary.steps)),
            "state_digest": .optional(record.summary.digest), "started": .string(utc(startTime)),
            "ended": .string(utc(endTime)), "author": .string(author), "commit": .string(tip),
            "commit_sha256": .string(tipDigest.hex), "manifest": try tree(of: manifest),
            "snapshot": try tree(of: record.snapshot), "environment": json("environment.json"),
            "recipe": text("recipe.yaml"), "profile": text("profile.yaml"), "data": json("data/manifest.json"),
            "events": .array(events), "steps": .array(steps), "evaluations": .array(jsonFiles(in: "evaluations/")),
            "checkpoints": .array(jsonFiles(in: "checkpoints/")), "incidents": .array(jsonFiles(in: "incidents/")),
            "files": .array(listed),
        ]
        return try document.document()
    }

    private func text(_ path: String) -> JSONTree? {
        file(path).map { .string(String(decoding: $0.content, as: UTF8.self)) }
    }
}
