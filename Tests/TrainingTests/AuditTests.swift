import Diagnostics
import Numerics
import Programs
import Recipes
import Testing

@testable import Training

/// An audit changes no bit, and nothing that an instruction gets wrong in an audited step stays.
@Suite("The audit")
struct AuditTests {
    private let folder: TemporaryFolder

    init() throws { folder = try TemporaryFolder() }

    private static let layouts = [
        Layout(microBatch: 16), Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 2, zero: 0),
        Layout(data: 4, microBatch: 1, zero: 1), Layout(data: 2, microBatch: 2, zero: 2),
        Layout(pipeline: 2, data: 2, microBatch: 2, zero: 3),
    ]

    /// Alters what an instruction of rank 0 writes, in the first so many executions of step 2, elsewhere each time.
    private final class Saboteur: InstructionObserver {
        var left: Int
        private var step = 0
        private var count = 0

        init(_ times: Int) { left = times }

        func begin(step: Int) { (self.step, count) = (step, 0) }

        func ended(_ instruction: Instruction, at place: InstructionPlace, writing outputs: [WrittenMemory]) {
            guard step == 2, place.rank == 0, left > 0, count >= 0 else { return }
            count += 1
            guard count > 20, let output = outputs.first(where: { $0.elementType == .float32 && $0.count > 8 }) else {
                return
            }
            let floats = output.bytes.bindMemory(to: Float.self)
            floats[left] += 1
            left -= 1
            count = -1
        }
    }

    private func trained(_ layout: Layout, _ audit: Recipe.AuditPolicy, sabotage: Int = 0) throws -> (
        NanoTrainer, TrainingEnd
    ) {
        let nano = try NanoTrainer(folder.run("\(layout) \(audit) \(sabotage)"), layout: layout) { $0.audit = audit }
        nano.trainer.initialize()
        nano.trainer.executor.observe(Saboteur(sabotage))
        return (nano, try nano.run(until: 3))
    }

    @Test("changes no bit and repairs a step that went wrong once", arguments: layouts)
    func repairs(layout: Layout) throws {
        let plain = try trained(layout, .init()).1.digest
        let (quiet, audited) = try trained(layout, .init(replicasEvery: 1, repeatEvery: 1))
        #expect(audited.digest == plain)
        #expect(!quiet.story.contains { $0.contains("corruption") })
        #expect(try trained(layout, .init(), sabotage: 1).1.digest != plain, "the sabotage must matter")
        let (nano, repaired) = try trained(layout, .init(repeatEvery: 2), sabotage: 1)
        #expect(repaired.digest == plain)
        #expect(nano.story.contains("transient corruption 2"))
    }

    @Test("stops where no two of three executions agree")
    func stops() throws {
        let diagnostic = try #require(throws: Diagnostic.self) {
            try trained(Layout(microBatch: 16), .init(repeatEvery: 1), sabotage: 3)
        }
        #expect(diagnostic.code == "train.corruption" && diagnostic.message.contains("each of three times"))
        #expect(diagnostic.message.contains("step 2"))
    }

    @Test("names the rank and the instruction where the executions part, on any layout", arguments: layouts)
    func origins(layout: Layout) throws {
        let recorder = Origin()
        let nano = try NanoTrainer(folder.run("origin \(layout)"), layout: layout) { $0.audit = .init(repeatEvery: 2) }
        nano.trainer.initialize()
        nano.trainer.executor.observe(recorder)
        var finding: AuditFinding?
        _ = try nano.trainer.run(until: 2) { event in if case .corruption(let found) = event { finding = found } }
        let place = try #require(recorder.place)
        let origin = try #require(finding?.origins.first)
        #expect(origin.hasPrefix("rank \(place.rank): "), "\(origin)")
        #expect(origin.hasSuffix("micro-batch \(place.microbatch), instruction \(place.instruction)"), "\(origin)")
        #expect(nano.trainer.auditCost.repeats == 1 && nano.trainer.auditCost.seconds > 0)
    }

    /// Alters what a product of the last rank writes, once in step 2, and remembers where.
    private final class Origin: InstructionObserver {
        private(set) var place: InstructionPlace?
        private var step = 0

        func begin(step: Int) { self.step = step }

        func ended(_ instruction: Instruction, at place: InstructionPlace, writing outputs: [WrittenMemory]) {
            guard step == 2, self.place == nil, case .product = instruction.operation, let output = outputs.first else {
                return
            }
            output.bytes[1] ^= 1
            self.place = place
        }
    }

    /// Alters one parameter of one rank after the step's last instruction, in the first so many executions of a step.
    private final class Drift: InstructionObserver {
        let rank: Int
        let place: Int
        var left: Int
        private let wanted: Int
        private var step = 0
        private var isDone = false

        init(rank: Int, place: Int, times: Int = 1, step: Int = 2) {
            (self.rank, self.place, left, wanted) = (rank, place, times, step)
        }

        func begin(step: Int) { (self.step, isDone) = (step, false) }

        func ended(_ instruction: Instruction, at place: InstructionPlace, writing outputs: [WrittenMemory]) {
            guard step == wanted, place.rank == rank, left > 0, !isDone else { return }
            for output in outputs where output.buffer == "parameters" && output.count > self.place {
                output.bytes.bindMemory(to: UInt32.self)[self.place] ^= 1
                left -= 1
                isDone = true
            }
        }
    }

    private func drifting(
        _ layout: Layout, _ drift: Drift, _ audit: Recipe.AuditPolicy
    ) throws -> NanoTrainer {
        let nano = try NanoTrainer(folder.run("drift \(layout) \(audit)"), layout: layout) { $0.audit = audit }
        nano.trainer.initialize()
        nano.trainer.executor.observe(drift)
        return nano
    }

    @Test("computes a step again after which data replicas differ, and goes on where they then agree")
    func replicas() throws {
        let layout = Layout(data: 2, microBatch: 2, zero: 0)
        let plain = try trained(layout, .init()).1.digest
        let nano = try drifting(layout, Drift(rank: 1, place: 5), .init(replicasEvery: 2))
        #expect(try nano.run(until: 3).digest == plain)
        #expect(nano.story.contains("transient corruption 2"))
        #expect(nano.trainer.auditCost.repeats == 1 && nano.trainer.auditCost.comparisons == 3)
    }

    @Test(
        "stops where replicas differ again, or did so before the step",
        arguments: [
            (2, 2, "after step 2 ranks 0 and 1 hold different parameters, and did so twice ("),
            (1, 1, "after step 2 ranks 0 and 1 held different parameters before the step already ("),
        ])
    func persistentReplicas(step: Int, times: Int, words: String) throws {
        let drift = Drift(rank: 1, place: 5, times: times, step: step)
        let nano = try drifting(Layout(data: 2, microBatch: 2, zero: 0), drift, .init(replicasEvery: 2))
        let diagnostic = try #require(throws: Diagnostic.self) { _ = try nano.run(until: 3) }
        #expect(diagnostic.code == "train.corruption" && diagnostic.found == "persistent corruption")
        #expect(diagnostic.message.hasPrefix(words), "\(diagnostic)")
    }

    @Test("tells a corpus that has changed under the run from a machine that fails")
    func changedData() throws {
        let layout = Layout(data: 2, microBatch: 2, zero: 0)
        let drift = Drift(rank: 1, place: 5)
        let nano = try drifting(layout, drift, .init(replicasEvery: 2))
        let input = StepInput(step: 2, learningRate: 1e-3) { sample, tokens in
            // The second execution gets others.
            for place in tokens.indices { tokens[place] = Int32((sample + place + (drift.left == 0 ? 1 : 0)) % 250) }
        }
        let diagnostic = try #require(throws: Diagnostic.self) { _ = try nano.trainer.audited(input) { _ in } }
        #expect(diagnostic.found == "data corruption" && diagnostic.message.contains("tokens have changed"))
    }

    /// Where the bias of the first stage's first norm lies: each tensor rank has its own copy, and the state's digest
    /// knows the first one's only.
    private func placeOfReplicated(_ layout: Layout) throws -> Int {
        let recipe = try NanoTrainer(folder.run("place"), layout: layout).trainer.recipe
        let shard = try Lowering.shardLayout(recipe, at: Coordinate(rank: 1, in: layout))
        return try #require(shard.entries.first { $0.parameter.sharding == .replicated }).offset
    }

    @Test("finds a tensor rank whose copy differs from the others", arguments: [0, 2])
    func tensorRanks(zero: Int) throws {
        let layout = Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 1, zero: zero)
        let place = try placeOfReplicated(layout)
        let nano = try drifting(layout, Drift(rank: 1, place: place, times: 2), .init(replicasEvery: 2))
        let diagnostic = try #require(throws: Diagnostic.self) { _ = try nano.run(until: 3) }
        #expect(diagnostic.code == "train.corruption")
        #expect(
            diagnostic.message.hasPrefix("after step 2 ranks 0 and 1 hold different parameters, and did so twice ("))
    }

    @Test("a copy that no digest shows is found by repeating the step")
    func hiddenCopy() throws {
        let layout = Layout(tensor: 2, pipeline: 2, data: 2, microBatch: 1, zero: 2)
        let plain = try trained(layout, .init()).1.digest
        let place = try placeOfReplicated(layout)
        let unseen = try drifting(layout, Drift(rank: 1, place: place), .init())
        #expect(try unseen.run(until: 3).digest != plain, "the drift must matter")
        let nano = try drifting(layout, Drift(rank: 1, place: place), .init(repeatEvery: 1))
        #expect(try nano.run(until: 3).digest == plain)
        #expect(nano.story.contains("transient corruption 2"))
    }
}
