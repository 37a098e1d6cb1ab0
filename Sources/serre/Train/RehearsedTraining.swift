import ClusterProfiles
import Corpora
import Diagnostics
import Foundation
import Integrity
import Ledger
import Numerics
import Recipes
import Rehearsal
import Scenarios
import Training

/// `serre train --scenario`: a run on a simulated cluster on which things go wrong, reported and recorded as any other.
///
/// The simulated disk is copied to the run's folder at each checkpoint and at the end, so that what the run leaves can be
/// resumed, examined and exported.
final class RehearsedTraining: RehearsalFollower {
    private let recipe: Recipe
    private let scenario: Scenario
    private let rehearsal: Rehearsal
    private let corpus: any TokenSource
    private let kernels: KernelContext
    private let virtual: VirtualTime
    private let folder: RunFolder
    private let recorder: RunRecorder?
    private let json: Bool
    private let draw: UInt64
    private var report: TrainingReport?
    private var disk: RehearsedDisk?
    private var end: TrainingEnd?

    /// Computes the run without faults, with which the other will be compared; nothing is written yet.
    init(
        _ arguments: TrainCommand, _ recipe: Recipe, _ scenario: Scenario, on profile: ClusterProfile,
        corpus: any TokenSource, kernels: KernelContext, folder: RunFolder, recorder: RunRecorder?
    ) throws(Diagnostic) {
        self.recipe = recipe
        self.corpus = corpus
        self.kernels = kernels
        // The simulated disk knows a path in one spelling only.
        self.folder = RunFolder(Self.plain(folder.path))
        self.recorder = recorder
        (json, draw) = (arguments.json, arguments.draw)
        virtual = try VirtualTime(recipe, on: profile)
        try scenario.check(against: .init(of: recipe, on: profile, virtual))
        Console.note("Computing the run without faults first, to compare with.")
        var rehearsal = try Rehearsal(recipe, corpus: corpus, profile: profile, kernels: kernels)
        rehearsal.folder = self.folder.path
        self.rehearsal = rehearsal
        self.scenario = try scenario.settled(seed: draw, for: rehearsal.shape())
    }

    /// Lives through the scenario; the caller holds the folder's lock. Throws when the run did not come out as it must.
    func run() throws(Diagnostic) {
        if let silentFault {
            Console.note("\(silentFault.rawValue) is silent, and the recipe does not look for it (audit.repeat_every)")
        }
        let result: RehearsalReport
        do throws(Diagnostic) {
            result = try rehearsal.run(
                scenario, seed: draw, stop: StopRequest(stopFile: folder.stopFile), follower: self)
            try copyDisk()
        } catch {
            try? recorder?.fail(error)
            throw error
        }
        for event in result.missed { Console.note(RehearsalText.note(event)) }
        if json { try Console.printJSON(EndLine(folder.name, result, end, rehearsal)) } else { show(result) }
        if case .refused(let diagnostic) = result.ending {
            try recorder?.fail(diagnostic)
            if scenario.expectation.outcome != .refused || !result.problems.isEmpty { throw diagnostic }
        }
        if let problem = result.problems.first {
            throw Diagnostic(
                "train.scenario", "the run did not come out as it must: \(problem)",
                remedy: silentFault == nil ? nil : "look for silent faults: --set audit.repeat_every=1",
                kind: .failure)
        }
    }

    /// A path without empty parts, such as `runs//ID` has.
    private static func plain(_ path: String) -> String {
        (path.hasPrefix("/") ? "/" : "") + path.split(separator: "/").joined(separator: "/")
    }

    /// A fault that nothing tells of, where the recipe does not look for any.
    private var silentFault: FaultKind? {
        guard recipe.audit.repeatEvery == 0, recipe.audit.replicasEvery == 0 else { return nil }
        return scenario.events.map(\.kind).first { [.bufferFlip, .nonFinite].contains($0) }
    }

    // MARK: Following

    func begin(job: Int, _ trainer: Trainer, on disk: RehearsedDisk) throws(Diagnostic) {
        self.disk = disk
        let report = try TrainingReport(
            trainer, corpus: corpus, folder: folder, json: json, virtual: virtual, lastStep: nil)
        self.report = report
        let resumed = job == 0 ? nil : trainer.step
        let members = [
            RunEnvironment.Member(host: ProcessInfo.processInfo.hostName, ranks: [0, recipe.layout.ranks - 1])
        ]
        try recorder?.begin(
            RecordStart(
                folder: folder, corpus: corpus, resumedStep: resumed, kernels: kernels, virtual: virtual,
                members: members, scenario: scenario))
        report.begin(resumedFrom: resumed, ledger: job == 0 ? recorder?.place : nil)
    }

    func observe(_ event: TrainingEvent, virtualSeconds: Double) throws(Diagnostic) {
        if case .checkpoint = event { try copyDisk() }
        try report?.observe(event, virtualSeconds: virtualSeconds)
        try recorder?.observe(event, virtualSeconds: virtualSeconds)
    }

    func observe(_ incident: RehearsedIncident) throws(Diagnostic) {
        if incident.isEvent { return }
        try report?.observe(incident: incident.text, step: incident.step, virtualSeconds: incident.seconds)
        recorder?.observe(incident: incident.text, at: incident.step)
    }

    func end(_ end: JobEnd) throws(Diagnostic) {
        Console.endProgress()
        switch end {
        case .finished(let end):
            self.end = end
            try recorder?.end(end)
        case .stopped(let end): try recorder?.end(end)
        case .failed: break
        }
    }

    // MARK: The disk

    /// Makes the checkpoints of the run's folder those of the simulated disk.
    private func copyDisk() throws(Diagnostic) {
        guard let disk else { return }
        let files = disk.files.filter { $0.hasPrefix(folder.checkpoints + "/") && !$0.contains(".partial/") }
        // The index comes last: a folder with one is complete.
        for path in files.filter({ !$0.hasSuffix("/index.json") }) + files.filter({ $0.hasSuffix("/index.json") }) {
            guard let bytes = disk.bytes(of: path), FileManager.default.contents(atPath: path) != Data(bytes) else {
                continue
            }
            try SystemFiles().makeFolder(URL(fileURLWithPath: path).deletingLastPathComponent().path)
            try AtomicFile.write(bytes, to: path)
        }
        // Old ones go when the new one is there.
        let kept = Set(files.map { URL(fileURLWithPath: $0).deletingLastPathComponent().path })
        for step in folder.checkpointSteps() {
            let path = folder.checkpoint(step)
            if !kept.contains(URL(fileURLWithPath: path).path) { try? FileManager.default.removeItem(atPath: path) }
        }
    }

    // MARK: The end

    private func show(_ result: RehearsalReport) {
        let restarts = result.jobs - 1
        Console.print("run      \(folder.name)")
        Console.print(
            "scenario \(scenario.name): \(restarts) restart\(restarts == 1 ? "" : "s"), "
                + "\(result.lostSteps) step\(result.lostSteps == 1 ? "" : "s") computed again")
        if let end {
            Console.print("steps    \(end.step) of \(recipe.plannedSteps)")
            if let loss = end.finalLoss { Console.print("loss     \(fixed(loss, 6)) nats per token") }
            Console.print("digest   \(end.digest)")
            let isSame = end.digest == rehearsal.reference.digest
            Console.print("         " + (isSame ? "as without faults" : "without faults \(rehearsal.reference.digest)"))
        }
        Console.print("virtual  \(significant(result.virtualSeconds)) s on the simulated cluster")
    }

    /// The last line of `train --scenario --json`.
    private struct EndLine: Encodable {
        var run, scenario, outcome: String
        var steps: Int?
        var finalLoss: Double?
        var stateDigest: String?
        var referenceDigest: String
        var restarts, lostSteps: Int
        var virtualSeconds: Double
        var problems: [String]

        init(_ run: String, _ result: RehearsalReport, _ end: TrainingEnd?, _ rehearsal: Rehearsal) {
            self.run = run
            scenario = result.scenario.name
            if case .finished = result.ending { outcome = "finished" } else { outcome = "refused" }
            (steps, finalLoss, stateDigest) = (end?.step, end?.finalLoss, end?.digest.description)
            referenceDigest = rehearsal.reference.digest.description
            (restarts, lostSteps) = (result.jobs - 1, result.lostSteps)
            (virtualSeconds, problems) = (result.virtualSeconds, result.problems)
        }

        enum CodingKeys: String, CodingKey {
            case run, scenario, outcome, steps, restarts, problems
            case finalLoss = "final_loss"
            case stateDigest = "state_digest"
            case referenceDigest = "reference_digest"
            case lostSteps = "lost_steps"
            case virtualSeconds = "virtual_seconds"
        }
    }
}

extension RunShape {
    /// What of a run a scenario can hit.
    init(of recipe: Recipe, on profile: ClusterProfile, _ virtual: VirtualTime) {
        self.init(
            ranks: recipe.layout.ranks, steps: recipe.plannedSteps,
            stepSeconds: virtual.seconds(batch: recipe.batch.global) ?? 1,
            evaluationEvery: recipe.evaluation.everySteps, on: profile)
    }
}
