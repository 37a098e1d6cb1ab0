import Corpora
import Diagnostics
import Fabrics
import Foundation
import Integrity
import Ledger
import Numerics
import Recipes
import Replay
import Scenarios
import Training

/// What a record says when a run begins or goes on: what runs, on what, where.
struct RecordStart {
    var folder: RunFolder
    var corpus: any TokenSource
    /// The step of the checkpoint that the run goes on from.
    var resumedStep: Int?
    var kernels: KernelContext
    var virtual: VirtualTime?
    /// The processes that share the run, in order.
    var members: [RunEnvironment.Member]
    /// The bit that the user wants flipped.
    var flip: PlantedFlip?
    /// What goes wrong, in a rehearsal, with nothing left open.
    var scenario: Scenario?

    /// The files of a record's first commit.
    func files(_ recorder: RunRecorder) throws(Diagnostic) -> [RecordFile] {
        var files = [RecordFile(path: "recipe.yaml", text: recorder.recipe.yaml), try environment()]
        if let profile = recorder.profile { files.append(RecordFile(path: "profile.yaml", text: profile.yaml)) }
        if let data = FileManager.default.contents(atPath: corpus.manifestPath) {
            files.append(RecordFile(path: "data/manifest.json", content: Array(data)))
        }
        if let scenario { files.append(RecordFile(path: "scenario.yaml", text: scenario.yaml)) }
        return try files + planted()
    }

    /// The files of the commit with which a run goes on: its layout and its machine may be others than before.
    func resumeFiles(_ recorder: RunRecorder) throws(Diagnostic) -> [RecordFile] {
        let name = "resumes/" + Self.padded(resumedStep ?? 0)
        var files = [
            try environment(),
            RecordFile(path: name + ".json", text: try Console.json(manifest(recorder)) + "\n"),
            RecordFile(path: name + ".yaml", text: recorder.recipe.yaml),
        ]
        if let profile = recorder.profile { files.append(RecordFile(path: "profile.yaml", text: profile.yaml)) }
        return try files + planted()
    }

    /// A run with a planted flip says so.
    private func planted() throws(Diagnostic) -> [RecordFile] {
        guard let flip else { return [] }
        return [RecordFile(path: PlantedFlip.recordPath, text: try Console.json(flip) + "\n")]
    }

    func manifest(_ recorder: RunRecorder) throws(Diagnostic) -> RecordManifest {
        let recipe = recorder.recipe
        let id = RunID(folder.name) ?? RunID(recipe: recipe.name, startedAt: Date())
        var manifest = RecordManifest(run: id, recipe: recipe.name, serre: try SerreIdentity.current())
        manifest.numerics = recipe.numerics.rawValue
        manifest.recipeDigest = SHA256.digest(of: Array(recipe.yaml.utf8)).description
        manifest.resultDigest = recipe.resultDigest.description
        manifest.profileDigest = recorder.profile.map { SHA256.digest(of: Array($0.yaml.utf8)).description }
        manifest.dataDigest = corpus.digest.description
        manifest.stepsPlanned = recipe.plannedSteps
        let l = recipe.layout
        manifest.layout = [
            "tensor": l.tensor, "pipeline": l.pipeline, "data": l.data, "micro_batch": l.microBatch, "zero": l.zero,
            "interleave": l.interleave, "sequence_parallel": l.sequenceParallel ? 1 : 0,
        ]
        manifest.schedule = l.schedule.rawValue
        manifest.recompute = l.recompute.rawValue
        manifest.hosts = members.count
        manifest.scenario = scenario?.name
        if let resumedStep { manifest.resumedFrom = "\(folder.path) at step \(resumedStep)" }
        return manifest
    }

    private func environment() throws(Diagnostic) -> RecordFile {
        var machine = RunEnvironment.current()
        machine.libraries["mpi"] = HostProcess.library
        machine.libraries["kernels"] = "\(kernels.instructionSet.rawValue), \(kernels.workers) workers"
        machine.libraries["openblas"] = kernels.blasConfiguration
        machine.compiler = KernelContext.compiler
        machine.runFolder = URL(fileURLWithPath: folder.path).standardizedFileURL.path
        machine.corpus = RunCorpus(corpus).folder
        if members.count > 1 { machine.processes = members }
        return try machine.recordFile()
    }

    /// A step's number as file names have it.
    static func padded(_ step: Int) -> String {
        let digits = String(step)
        return String(repeating: "0", count: max(0, 8 - digits.count)) + digits
    }
}

extension Fabric {
    /// Every process of a run with its machine and its ranks; all must call it at the same point.
    func members() throws(Diagnostic) -> [RunEnvironment.Member] {
        let names = try gatherFromHosts(Array(ProcessInfo.processInfo.hostName.utf8))
        return names.enumerated().map { host, name in
            let ranks = placement.ranks(on: host)
            return RunEnvironment.Member(
                host: String(decoding: name, as: UTF8.self), ranks: [ranks.lowerBound, ranks.upperBound - 1])
        }
    }
}
