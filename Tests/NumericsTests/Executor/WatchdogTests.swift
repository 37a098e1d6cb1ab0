import Diagnostics
import Fabrics
import Programs
import Recipes
import Testing

@testable import Numerics

@Suite struct WatchdogTests {
    private func deadline(_ watchdog: Watchdog, slowest: Duration?, instruction: Int = 0) -> Duration {
        watchdog.deadline(rank: 0, action: 0, instruction: instruction, slowest: slowest)
    }

    @Test func withoutAProfileTheSlowestStepCounts() {
        let watchdog = Watchdog(.factor(20), savePatience: .seconds(7))
        #expect(deadline(watchdog, slowest: nil) == Watchdog.firstPatience)
        #expect(deadline(watchdog, slowest: .milliseconds(40)) == Watchdog.floor)
        #expect(deadline(watchdog, slowest: .seconds(30)) == .seconds(600))
        #expect(watchdog.collectivePatience(slowest: .seconds(1)) == Watchdog.firstPatience + .seconds(7))
        #expect(watchdog.collectivePatience(slowest: .seconds(100)) == .seconds(2007))
    }

    @Test func withAProfileEachInstructionHasItsOwn() {
        // A step of 10 virtual seconds, of which instruction 0 takes 2 and instruction 1 a hundredth; 2 is unknown.
        let expected = ExpectedWaits(stepSeconds: 10) { _, _, instruction in [2, 0.01, nil][instruction] }
        let watchdog = Watchdog(.factor(20), expected: expected, savePatience: .zero)
        // The machine is ten times slower than the clock.
        #expect(deadline(watchdog, slowest: .seconds(100)) == .seconds(400))
        #expect(deadline(watchdog, slowest: .seconds(100), instruction: 1) == .seconds(200), "twice the slowest step")
        #expect(deadline(watchdog, slowest: .seconds(100), instruction: 2) == .seconds(2000))
        // A machine that is faster than the clock changes nothing.
        #expect(deadline(watchdog, slowest: .seconds(1), instruction: 1) == Watchdog.floor)
        #expect(deadline(watchdog, slowest: .seconds(5), instruction: 0) == Watchdog.floor)
    }

    @Test func aFixedTimeIsWhatItSays() {
        let watchdog = Watchdog(.fixed(.seconds(3)), savePatience: .seconds(1))
        for slowest in [nil, Duration.seconds(100)] {
            #expect(deadline(watchdog, slowest: slowest) == .seconds(3))
            #expect(watchdog.collectivePatience(slowest: slowest) == .seconds(4))
        }
    }

    @Test func onlyTheLastStepsCount() {
        var times = StepTimes()
        #expect(times.slowest == nil)
        times.add(.seconds(9))
        for _ in 0..<19 { times.add(.seconds(1)) }
        #expect(times.slowest == .seconds(9))
        times.add(.seconds(2))
        #expect(times.slowest == .seconds(2))
    }
}

/// A run in which a message is never sent says who waits for whom.
@Suite struct WaitingTests {
    private func failure(_ layout: Layout, skipping: @escaping (_ from: Int, _ to: Int) -> Bool) throws -> Diagnostic {
        let recipe = SmallModel.recipe(layout)
        try recipe.validate()
        let fabric = try SkippingFabric(ranks: layout.ranks, skips: skipping)
        let kernels = try KernelContext(instructionSet: nil, workers: 1)
        let executor = try Executor(recipe: recipe, fabric: fabric, kernels: kernels)
        executor.initialize()
        fabric.isSkipping = false
        _ = try executor.step(SmallModel.input(step: 1))
        fabric.isSkipping = true
        let error = #expect(throws: Diagnostic.self) { try executor.step(SmallModel.input(step: 2)) }
        return try #require(error)
    }

    @Test func aStageThatSkipsASend() throws {
        let error = try failure(Layout(pipeline: 2, microBatch: 2)) { from, to in from == 0 && to == 1 }
        #expect(error.code == "fabric.deadlock" && error.exitStatus == 1)
        let found = try #require(error.found)
        #expect(found.hasPrefix("step 2, "))
        #expect(
            found.contains(
                "rank 1 waits for rank 0 at pass receive activation, micro-batch 0, instruction 0 (transfer): the activation over boundary "
            ),
            "\(found)")
        #expect(found.contains("rank 0 waits for rank 1 at pass "), "\(found)")
    }

    @Test func anEvaluationIsSaidToBeOne() throws {
        let layout = Layout(pipeline: 2, microBatch: 2)
        let fabric = try SkippingFabric(ranks: layout.ranks) { from, to in from == 0 && to == 1 }
        let executor = try Executor(
            recipe: SmallModel.recipe(layout), fabric: fabric,
            kernels: KernelContext(instructionSet: nil, workers: 1))
        executor.initialize()
        _ = try executor.step(SmallModel.input(step: 1))
        fabric.isSkipping = true
        let error = #expect(throws: Diagnostic.self) { try executor.evaluate(SmallModel.input(step: 1)) }
        let found = try #require(error?.found)
        #expect(found.hasPrefix("the evaluation after step 1, rank 1 waits for rank 0 at pass "), "\(found)")
    }

    @Test func aMemberThatSkipsAPieceOfACollective() throws {
        let error = try failure(Layout(tensor: 2, microBatch: 2)) { from, to in from == 1 && to == 0 }
        let found = try #require(error.found)
        #expect(found.contains("rank 0 waits for rank 1 at pass forward, micro-batch 0, instruction "), "\(found)")
        #expect(found.contains("(collective): an all-reduce of the tensor group"), "\(found)")
    }

    @Test func aReplicaThatSkipsItsGradients() throws {
        let error = try failure(Layout(data: 2, microBatch: 2)) { from, to in from == 0 && to == 1 }
        let found = try #require(error.found)
        #expect(found.contains("rank 1 waits for rank 0 at pass reduce gradients"), "\(found)")
        #expect(found.contains("a reduce-scatter of the data group"), "\(found)")
    }
}

/// A fabric of one host that drops messages.
private final class SkippingFabric: Fabric {
    private let local: LocalFabric
    private let skips: (Int, Int) -> Bool
    var isSkipping = false

    init(ranks: Int, skips: @escaping (Int, Int) -> Bool) throws(Diagnostic) {
        local = try LocalFabric(ranks: ranks)
        self.skips = skips
    }

    var placement: Placement { local.placement }
    var host: Int { local.host }
    var bytesHeld: Int { local.bytesHeld }
    var bytesHeldMost: Int { local.bytesHeldMost }
    var messagesHeld: Int { local.messagesHeld }

    func send(_ payload: Payload, from: Int, to: Int, tag: UInt32) {
        if isSkipping, skips(from, to) { return }
        local.send(payload, from: from, to: to, tag: tag)
    }
    func take(from: Int, to: Int, tag: UInt32) throws(Diagnostic) -> Payload? {
        try local.take(from: from, to: to, tag: tag)
    }
    func idle() throws(Diagnostic) { try local.idle() }
    func broadcast(_ bytes: [UInt8]) throws(Diagnostic) -> [UInt8] { bytes }
    func gatherFromHosts(_ bytes: [UInt8]) throws(Diagnostic) -> [[UInt8]] { [bytes] }
    func barrier() throws(Diagnostic) {}
    func finish() {}
    func abort(status: Int32) -> Never { local.abort(status: status) }
}
